const swagger = document.getElementById("swagger");
if (swagger) {
  // The API honours no session cookie, so "Try it out" needs a token in "Authorize".
  window.SwaggerUIBundle({
    url: swagger.dataset.openapi,
    domNode: swagger,
    deepLinking: true,
    validatorUrl: null,
    persistAuthorization: false,
  });
}

const redoc = document.getElementById("redoc");
if (redoc) {
  window.Redoc.init(redoc.dataset.openapi, { disableSearch: true, hideDownloadButton: false }, redoc);
}

from django.urls import path

from templates_app import font_views, picture_views
from templates_app.views import editor, gallery, new, presets, template

urlpatterns = [
    path("fonts", font_views.fonts, name="fonts"),
    path("fonts/add", font_views.add, name="font-add"),
    path("fonts/<slug:name>/remove", font_views.remove, name="font-remove"),
    path("fonts/<slug:name>/sample.png", font_views.sample, name="font-sample"),
    path("pictures", picture_views.pictures, name="pictures"),
    path("pictures/add", picture_views.add, name="picture-add"),
    path("pictures/<slug:name>/remove", picture_views.remove, name="picture-remove"),
    path("pictures/<slug:name>/small.png", picture_views.small, name="picture-small"),
    path("templates", gallery.gallery, name="templates"),
    # A key begins with a letter or digit, so that this is none.
    path("templates/_new", new.new_template, name="template-new"),
    path("templates/<slug:key>", template.template_page, name="template"),
    path("templates/<slug:key>/picture.png", gallery.picture, name="template-picture"),
    path("templates/<slug:key>/compare", template.compare, name="template-compare"),
    path("templates/<slug:key>/versions/<int:number>/picture.png", gallery.version_picture, name="version-picture"),
    path("templates/<slug:key>/versions/<int:number>/restore", template.restore, name="version-restore"),
    path("templates/<slug:key>/favourite", template.favourite, name="template-favourite"),
    path("templates/<slug:key>/counters/<str:name>/reset", template.reset, name="counter-reset"),
    path("templates/<slug:key>/presets/<uuid:preset_id>", presets.change_preset, name="preset"),
    path("templates/<slug:key>/edit", editor.edit, name="template-edit"),
    path("templates/<slug:key>/edit/live", editor.edit_live, name="template-edit-live"),
    path("templates/<slug:key>/edit/review", editor.review_draft, name="template-review"),
]

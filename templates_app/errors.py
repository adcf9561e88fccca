from printers.errors import InvalidInput, NotFound


class UnknownTemplate(NotFound):
    code = "unknown-template"


class InvalidDefinition(InvalidInput):
    """A template definition is wrong; `problems` carry the path into the document."""

    code = "invalid-definition"


class InvalidFields(InvalidInput):
    """Field values do not fit the template; `problems` point at each field."""

    code = "invalid-fields"


class DoesNotFit(InvalidInput):
    """The label cannot be laid out on this medium: the sentence names element, text, and millimetres missing."""

    code = "does-not-fit"

"""The element kinds. To add one: a file with its model and `measure`, and a row in KINDS."""

from collections.abc import Iterator
from typing import Annotated, Any

from PIL import Image
from pydantic import Field

from templates_app.elements import barcode, flag, group, image, shapes, text
from templates_app.elements.base import Colour, Edges, Element, Node, Setting, Sheet, Space

AnyElement = Annotated[
    text.Text | barcode.Barcode | image.Picture | shapes.Line | shapes.Box | group.Group | flag.Flag,
    Field(discriminator="kind"),
]
KINDS: dict[str, tuple[type[Element], Any]] = {
    "text": (text.Text, text.measure),
    "barcode": (barcode.Barcode, barcode.measure),
    "image": (image.Picture, image.measure),
    "line": (shapes.Line, shapes.measure_line),
    "box": (shapes.Box, shapes.measure_box),
    "group": (group.Group, group.measure),
    "flag": (flag.Flag, flag.measure),
}


def children(element: Element) -> list[Any]:
    return element.elements if isinstance(element, (group.Group, flag.Flag)) else []


def walk(elements: list[Any]) -> Iterator[Element]:
    """Every element, parents before their children."""
    for element in elements:
        yield element
        yield from walk(children(element))


class TurnedNode(Node):
    """An element drawn on a sheet of its own, turned, and put down."""

    __slots__ = ("_inner", "_setting")

    def __init__(self, inner: Node, setting: Setting) -> None:
        quarter = inner.element.rotate in {90, 270}
        size = (inner.h, inner.w) if quarter else (inner.w, inner.h)
        super().__init__(inner.element, size, empty=inner.empty)
        self._inner, self._setting = inner, setting
        self.margin = self.margin_in(*size)

    def margin_in(self, w: int, h: int) -> Edges:
        if self.element.rotate == 180:
            m = self._inner.margin_in(w, h)
            return Edges(m.right, m.bottom, m.left, m.top)
        m = self._inner.margin_in(h, w)
        if self.element.rotate == 90:
            return Edges(m.bottom, m.left, m.top, m.right)
        return Edges(m.top, m.right, m.bottom, m.left)

    def paint(self, sheet: Sheet) -> None:
        if not self.w or not self.h:
            return
        rotate = self.element.rotate
        quarter = rotate in {90, 270}
        size = (self.h, self.w) if quarter else (self.w, self.h)
        setting = self._setting.turned() if quarter else self._setting
        # What it wants around itself may be ink: accents reach above a text.
        pad, edges = self._inner.margin_in(*size), self.margin_in(self.w, self.h)
        own = Sheet(size[0] + pad.left + pad.right, size[1] + pad.top + pad.bottom, setting, red=sheet.red is not None)
        self._inner.place(pad.left, pad.top, *size)
        self._inner.paint(own)
        turn = {
            90: Image.Transpose.ROTATE_270,
            180: Image.Transpose.ROTATE_180,
            270: Image.Transpose.ROTATE_90,
        }[rotate]
        colours: tuple[Colour, Colour] = ("black", "red")
        planes = [
            (plane.point(lambda v: 255 - v).transpose(turn), colour)
            for plane, colour in zip((own.black, own.red), colours, strict=True)
            if plane is not None
        ]
        x, y = self.x - edges.left, self.y - edges.top
        found = [box for plane, _ in planes if (box := plane.getbbox())]
        if found:
            # At the label's edge they push it inwards instead of being cut off.
            x += _inwards(x + min(b[0] for b in found), x + max(b[2] for b in found), sheet.width)
            y += _inwards(y + min(b[1] for b in found), y + max(b[3] for b in found), sheet.height)
        for plane, colour in planes:
            sheet.stamp(plane.im, x, y, colour)
        left, top = x + edges.left, y + edges.top
        for placed in own.placed:
            x, y, w, h = placed.box
            x, y = x - pad.left, y - pad.top
            if rotate == 90:
                box = (size[1] - y - h, x, h, w)
            elif rotate == 180:
                box = (size[0] - x - w, size[1] - y - h, w, h)
            else:
                box = (y, size[0] - x - w, h, w)
            details = dict(placed.details)
            if quarter and "module_dots" in details:
                details["module_dots"] = details["module_dots"][::-1]
            if quarter:
                details["turned"] = not details.get("turned", False)
            sheet.note_box(
                self.element if placed.name == self.element.name else _named(placed.name, placed.kind),
                (left + box[0], top + box[1], box[2], box[3]),
                **details,
            )


def _inwards(start: int, end: int, room: int) -> int:
    """How far something moves to lie in its room; one that is larger than that stays."""
    if end - start > room:
        return 0
    return max(0, -start) - max(0, end - room)


def _named(name: str, kind: str) -> Element:
    return Element.model_construct(kind=kind, name=name)


def measure(element: Element, space: Space, setting: Setting) -> Node:
    """The element's node, `empty` where nothing of it shows; raises DoesNotFit."""
    setting.budget.take()
    values = setting.scope.values
    if (element.visible and not values.get(element.visible)) or (element.hidden and values.get(element.hidden)):
        return Node(element, (0, 0), empty=True)
    run = KINDS[element.kind][1]
    if not element.rotate:
        node: Node = run(element, space, setting)
        return node
    if element.rotate == 180:
        return TurnedNode(run(element, space, setting), setting)
    upright = element.model_copy(update={"width": element.height, "height": element.width})
    slack = Edges(space.slack.top, space.slack.left, space.slack.bottom, space.slack.right)
    return TurnedNode(run(upright, Space(space.height, space.width, slack), setting.turned()), setting)


for _container in (group.Group, flag.Flag):
    _container.model_rebuild(_types_namespace={"AnyElement": AnyElement})

from tests.templates_app.golden import CASES, FOLDER, render_case

for old in FOLDER.glob("*.png"):
    old.unlink()
for case in CASES:
    (FOLDER / f"{case}.png").write_bytes(render_case(case)[0].raster.png)

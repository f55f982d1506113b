"""Small pictures: a screenshot with at most 256 colours, made by the browser that took it.

The most frequent colour of each region of colours is kept, so that a small mark keeps its own.
"""

import struct
import zlib
from base64 import b64decode, b64encode
from pathlib import Path

from playwright.sync_api import Page

FOLDER = Path(__file__).parents[2] / "docs" / "guide" / "img"

REDUCE = """
async (source) => {
  const image = new Image();
  image.src = "data:image/png;base64," + source;
  await image.decode();
  const canvas = new OffscreenCanvas(image.width, image.height);
  const brush = canvas.getContext("2d");
  brush.drawImage(image, 0, 0);
  const pixels = brush.getImageData(0, 0, image.width, image.height).data;
  const counted = new Map();
  for (let at = 0; at < pixels.length; at += 4) {
    const colour = (pixels[at] << 16) | (pixels[at + 1] << 8) | pixels[at + 2];
    counted.set(colour, (counted.get(colour) ?? 0) + 1);
  }
  const regions = new Map();
  for (const [colour, count] of counted) {
    const region = colour & 0xe0e0e0;
    const held = regions.get(region) ?? [];
    regions.set(region, held.concat([[count, colour]]));
  }
  const often = (a, b) => b[0] - a[0];
  const ranked = [...regions.values()].map((held) => held.sort(often));
  const first = ranked.map((held) => held[0]).sort(often);
  const others = ranked.flatMap((held) => held.slice(1)).sort(often);
  const palette = [...first, ...others].slice(0, 256).map(([, colour]) => colour);
  const part = (colour, by) => (colour >> by) & 255;
  const far = (a, b) => [16, 8, 0].reduce((sum, by) => sum + (part(a, by) - part(b, by)) ** 2, 0);
  const nearest = new Map(palette.map((colour, nth) => [colour, nth]));
  for (const colour of counted.keys()) {
    if (nearest.has(colour)) continue;
    let best = 0;
    palette.forEach((each, nth) => {
      if (far(each, colour) < far(palette[best], colour)) best = nth;
    });
    nearest.set(colour, best);
  }
  let said = "";
  for (let at = 0; at < pixels.length; at += 4) {
    const colour = (pixels[at] << 16) | (pixels[at + 1] << 8) | pixels[at + 2];
    said += String.fromCharCode(nearest.get(colour));
  }
  return { width: image.width, height: image.height, palette, pixels: btoa(said) };
}
"""


def keep(page: Page, name: str) -> None:
    """What a page shows, as a small PNG; drawn on an empty page, which no policy binds."""
    shown = page.screenshot(animations="disabled", caret="hide")
    with page.context.new_page() as blank:
        found = blank.evaluate(REDUCE, b64encode(shown).decode())
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / f"{name}.png").write_bytes(
        _png(found["width"], found["palette"], b64decode(found["pixels"]))
    )


def _png(width: int, palette: list[int], pixels: bytes) -> bytes:
    """A PNG whose pixels are numbers of colours."""
    rows = (pixels[at : at + width] for at in range(0, len(pixels), width))
    header = struct.pack(">IIBBBBB", width, len(pixels) // width, 8, 3, 0, 0, 0)
    chunks = (
        (b"IHDR", header),
        (b"PLTE", b"".join(colour.to_bytes(3, "big") for colour in palette)),
        (b"IDAT", zlib.compress(b"".join(b"\0" + row for row in rows), 9)),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*each) for each in chunks)


def _chunk(kind: bytes, body: bytes) -> bytes:
    checked = kind + body
    return struct.pack(">I", len(body)) + checked + struct.pack(">I", zlib.crc32(checked))

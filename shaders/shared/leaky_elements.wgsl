// leaky.wgsl for elements of one or four channels.
override SLOPE: f32 = 1.0;

fn leaky(x: Element) -> Element {
  return select(SLOPE * x, x, x > Element(0.0));
}

fn leaky_slope(x: Element) -> Element {
  let slope = select(Element(SLOPE), Element(1.0), x > Element(0.0));
  if (SLOPE > 0.0) {
    return select(slope, Element(1.0), x == Element(0.0));
  }
  return slope;
}

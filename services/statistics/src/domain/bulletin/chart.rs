//! Charts as SVG: drawn plainly, in black, grey and one colour, so that they can be copied and printed.

use std::fmt::Write as _;

use super::template::Drawn;

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 240.0;
const LEFT: f64 = 52.0;
const RIGHT: f64 = 12.0;
const TOP: f64 = 16.0;
const BOTTOM: f64 = 40.0;
/// More labels than this do not fit below a chart.
const MOST_LABELS: usize = 12;
/// A label has no more characters.
const LONGEST_LABEL: usize = 6;
const COLOUR: &str = "#1f5f99";
const FONT: &str = "Noto Sans CJK SC";

/// What is drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct Values<'a> {
    /// How.
    pub drawn: Drawn,
    /// A label and a value for each; none where there is none.
    pub values: &'a [(String, Option<f64>)],
    /// The word behind the numbers.
    pub unit: &'a str,
}

/// The picture.
pub fn svg(chart: &Values<'_>) -> String {
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"{FONT}\" font-size=\"11\" fill=\"#333333\">"
    );
    let most = chart.values.iter().filter_map(|(_, value)| *value).fold(0.0, f64::max);
    let step = step(most);
    let top = (most / step).ceil().max(1.0) * step;
    let height = HEIGHT - TOP - BOTTOM;
    let y = |value: f64| TOP + height * (1.0 - value / top);
    let mut line = 0.0;
    while line <= top + step / 2.0 {
        let at = y(line);
        let _ = write!(
            svg,
            "<line x1=\"{LEFT}\" y1=\"{at:.1}\" x2=\"{:.1}\" y2=\"{at:.1}\" stroke=\"#d9d9d9\" stroke-width=\"0.7\"/>\
             <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
            WIDTH - RIGHT,
            LEFT - 6.0,
            at + 4.0,
            short(line),
        );
        line += step;
    }
    let _ = write!(svg, "<text x=\"{LEFT}\" y=\"11\">{}</text>", escaped(chart.unit));
    // Charts have at most some hundred values.
    #[allow(clippy::cast_precision_loss)]
    let (count, place) = (chart.values.len().max(1) as f64, |index: usize| index as f64);
    let width = (WIDTH - LEFT - RIGHT) / count;
    let x = |index: usize| LEFT + width * (place(index) + 0.5);
    match chart.drawn {
        Drawn::Bars => bars(&mut svg, chart, width, &x, &y),
        Drawn::Line => polyline(&mut svg, chart, &x, &y),
    }
    let every = chart.values.len().div_ceil(MOST_LABELS).max(1);
    for (index, (label, _)) in chart.values.iter().enumerate().filter(|(index, _)| index % every == 0) {
        let label: String = label.chars().take(LONGEST_LABEL).collect();
        let _ = write!(
            svg,
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
            x(index),
            HEIGHT - BOTTOM + 18.0,
            escaped(&label),
        );
    }
    svg.push_str("</svg>");
    svg
}

fn bars(svg: &mut String, chart: &Values<'_>, width: f64, x: &dyn Fn(usize) -> f64, y: &dyn Fn(f64) -> f64) {
    let bar = (width * 0.6).min(36.0);
    for (index, (_, value)) in chart.values.iter().enumerate() {
        let Some(value) = value else { continue };
        let (left, top) = (x(index) - bar / 2.0, y(*value));
        let _ = write!(
            svg,
            "<rect x=\"{left:.1}\" y=\"{top:.1}\" width=\"{bar:.1}\" height=\"{:.1}\" fill=\"{COLOUR}\"/>\
             <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
            y(0.0) - top,
            x(index),
            top - 4.0,
            short(*value),
        );
    }
}

fn polyline(svg: &mut String, chart: &Values<'_>, x: &dyn Fn(usize) -> f64, y: &dyn Fn(f64) -> f64) {
    // Where a value is missing the line is broken.
    for part in chart.values.iter().enumerate().collect::<Vec<_>>().split(|(_, (_, value))| value.is_none()) {
        let points: Vec<String> = part
            .iter()
            .filter_map(|(index, (_, value))| value.map(|value| format!("{:.1},{:.1}", x(*index), y(value))))
            .collect();
        let _ = write!(
            svg,
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{COLOUR}\" stroke-width=\"1.8\"/>",
            points.join(" ")
        );
        for point in &points {
            let (x, y) = point.split_once(',').unwrap_or_default();
            let _ = write!(svg, "<circle cx=\"{x}\" cy=\"{y}\" r=\"2.4\" fill=\"{COLOUR}\"/>");
        }
    }
}

/// The distance of the lines: 1, 2 or 5 times a power of ten, four to eight of them.
fn step(most: f64) -> f64 {
    let rough = (most / 5.0).max(0.2);
    let power = 10_f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].into_iter().map(|times| times * power).find(|step| *step >= rough);
    step.unwrap_or(power * 10.0)
}

fn short(value: f64) -> String {
    if (value - value.round()).abs() < 1e-9 { format!("{value:.0}") } else { format!("{value:.1}") }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(drawn: Drawn, values: &[(&str, Option<f64>)]) -> String {
        let values: Vec<_> = values.iter().map(|(label, value)| ((*label).to_owned(), *value)).collect();
        svg(&Values { drawn, values: &values, unit: "件" })
    }

    #[test]
    fn each_value_is_drawn_and_what_people_named_is_no_markup() {
        let svg = drawn(Drawn::Bars, &[("<a>", Some(3.0)), ("b", None), ("c", Some(12.0))]);
        assert_eq!(svg.matches("<rect").count(), 2);
        assert!(svg.contains("&lt;a&gt;") && svg.contains(">12</text>"));
        let line = drawn(Drawn::Line, &[("1", Some(1.0)), ("2", Some(2.0)), ("3", None), ("4", Some(1.5))]);
        assert_eq!((line.matches("<polyline").count(), line.matches("<circle").count()), (2, 3));
    }

    #[test]
    fn nothing_to_draw_is_an_empty_chart() {
        assert!(drawn(Drawn::Bars, &[]).ends_with("</svg>"));
        assert!(drawn(Drawn::Line, &[("a", Some(0.0))]).contains("<circle"));
    }

    #[test]
    fn lines_are_round_numbers() {
        let steps: Vec<f64> = [0.0, 3.0, 7.0, 42.0, 100.0, 1_234.0].into_iter().map(step).collect();
        assert_eq!(steps, [0.2, 1.0, 2.0, 10.0, 20.0, 500.0]);
    }
}

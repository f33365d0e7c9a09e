//! Writes `deploy/county/macheng/sample-day.jsonl`: 300 reports of one day, always the same ones.
//!
//! `cargo run -p fengqiao-stack --example write_sample_day`. The file is what the stack plays; run this
//! only to change it. Areas are real, people are not: phones are of a number range that no carrier has,
//! id numbers of an area code (99) that does not exist.

mod choice;
mod people;
mod texts;

use std::{collections::BTreeMap, fmt::Write, path::Path};

use choice::Choice;
use people::{Person, address};
use serde_json::{Value, json};
use texts::{SCENES, SECOND_CALLS, Scene};

/// The date of the file; whoever plays it puts another in its place.
const DATE: &str = "2026-11-23";
const REPORTS: usize = 300;
/// How many reports of each door, and how the door numbers them.
const DOORS: [(&str, usize, &str); 5] = [
    ("POLICE_110", 108, "JJ421181"),
    ("HOTLINE_12345", 96, "GD"),
    ("GRID", 58, "WG"),
    ("WOMENS_FEDERATION", 20, "FL"),
    ("COURT", 18, "MC"),
];
/// How many further reports each planted dispute has, beside its first.
const REPEATS: [usize; 27] =
    [1, 1, 2, 1, 1, 3, 1, 1, 1, 2, 1, 1, 1, 2, 1, 5, 1, 1, 2, 1, 1, 1, 3, 1, 1, 1, 2];

/// By what a planted dispute can be known again.
#[derive(Clone, Copy, PartialEq)]
enum Known {
    Phone,
    IdNumber,
    Address,
}

struct Area {
    code: String,
    place: String,
    urban: bool,
}

/// One call, as it will be told.
struct Call<'a> {
    scene: &'a Scene,
    door: &'static str,
    area: &'a Area,
    person: Person,
    other: String,
    fill: u32,
    place: String,
    minute: u32,
    again: Option<&'a str>,
}

struct Told {
    minute: u32,
    door: &'static str,
    report: Value,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let county = Path::new(env!("CARGO_MANIFEST_DIR")).join("../county/macheng");
    let areas = areas(&county.join("areas.csv"))?;
    let mut choice = Choice::seeded("a day in Macheng");
    let mut left: BTreeMap<&str, usize> = DOORS.iter().map(|(door, many, _)| (*door, *many)).collect();
    let mut people = 0;
    let mut told = Vec::with_capacity(REPORTS);
    for (index, more) in REPEATS.iter().enumerate() {
        plant(&mut choice, &areas, &mut left, &mut people, index, *more, &mut told);
    }
    while told.len() < REPORTS {
        let door = *choice.weighted(&left.iter().map(|(door, many)| (*door, *many)).collect::<Vec<_>>());
        let scene = scene_of(&mut choice, door);
        let area = choice.one(&areas);
        let person = Person::new(&mut choice, people);
        let place = address(&mut choice, &area.place, area.urban, people);
        people += 1;
        take(&mut left, door);
        let minute = minute(&mut choice, door);
        let (other, fill) = (people::name(&mut choice), choice.below(1_000));
        let call = Call { scene, door, area, person, other, fill, place, minute, again: None };
        told.push(tell(&mut choice, call));
    }
    told.sort_by_key(|report| report.minute);
    std::fs::write(county.join("sample-day.jsonl"), lines(told))?;
    Ok(())
}

/// One dispute that is told several times in the day.
fn plant(
    choice: &mut Choice,
    areas: &[Area],
    left: &mut BTreeMap<&'static str, usize>,
    people: &mut usize,
    index: usize,
    more: usize,
    told: &mut Vec<Told>,
) {
    let known = [Known::Phone, Known::Phone, Known::Address, Known::IdNumber][index % 4];
    let scene = choice
        .one_where(SCENES, |scene| scene.comes_again && !scene.rare && scene.doors.contains(&"POLICE_110"));
    let area = choice.one(areas);
    let first = Person::new(choice, *people);
    let place = address(choice, &area.place, area.urban, *people);
    *people += 1;
    let (other, fill) = (people::name(choice), choice.below(1_000));
    let mut minute = 20 + choice.below(300);
    for time in 0..=more {
        let door =
            if time == 0 { "POLICE_110" } else { *choice.one(&["HOTLINE_12345", "POLICE_110", "GRID"]) };
        take(left, door);
        let (person, place) = match known {
            Known::Phone => (first.clone(), place.clone()),
            // Came to the window with the identity card, from another phone.
            Known::IdNumber => {
                let other = Person::new(choice, *people);
                (
                    Person {
                        phone: other.phone,
                        id_number: Some(first.any_id(*people, index)),
                        ..first.clone()
                    },
                    String::new(),
                )
            }
            Known::Address => (Person::new(choice, *people), place.clone()),
        };
        *people += 1;
        let again = (time > 0).then(|| *choice.one(SECOND_CALLS));
        let first_id = (known == Known::IdNumber).then(|| first.any_id(0, index));
        let person = Person { id_number: first_id.or(person.id_number), ..person };
        let other = other.clone();
        told.push(tell(choice, Call { scene, door, area, person, other, fill, place, minute, again }));
        minute = (minute + 65 + choice.below(120)).min(1_400 + u32::try_from(time).unwrap_or(0));
    }
}

fn tell(choice: &mut Choice, call: Call<'_>) -> Told {
    let Call { scene, door, area, person, other, fill, place, minute, again } = call;
    let text = |template: &str| texts::fill(template, &person.name, &other, &area.place, fill);
    let mut title = text(scene.title);
    let mut narrative = text(scene.narratives[fill as usize % scene.narratives.len()]);
    if let Some(again) = again {
        title = format!("再次反映：{title}");
        narrative = format!("{}{narrative}", text(again));
    }
    let mut parties = vec![json!({"role": "REPORTER", "name": person.called(fill)})];
    if !person.phone.is_empty() {
        parties[0]["phone"] = json!(person.phone);
    }
    if let Some(id) = &person.id_number {
        parties[0]["idNumber"] = json!(id);
    }
    if scene.against {
        parties.push(json!({"role": "RESPONDENT", "name": other}));
    }
    let (hour, second) = (minute / 60, choice.below(60));
    let report = json!({
        "source": door,
        "occurredAt": format!("{DATE}T{hour:02}:{:02}:{second:02}+08:00", minute % 60),
        "areaCode": area.code, "address": place, "title": title, "narrative": narrative,
        "category": choice.one(scene.words), "parties": parties,
    });
    Told { minute, door, report }
}

/// Numbers the reports as their doors do, in the order of the day.
fn lines(told: Vec<Told>) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut text = String::new();
    for mut one in told {
        let count = counts.entry(one.door).or_default();
        *count += 1;
        let prefix = DOORS.iter().find(|(door, ..)| *door == one.door).map_or("", |(.., prefix)| prefix);
        one.report["sourceRef"] = json!(format!("{prefix}-{}-{count:04}", DATE.replace('-', "")));
        let _ = writeln!(text, "{}", one.report);
    }
    text
}

fn take(left: &mut BTreeMap<&'static str, usize>, door: &'static str) {
    if let Some(many) = left.get_mut(door) {
        *many = many.saturating_sub(1);
    }
}

fn scene_of(choice: &mut Choice, door: &str) -> &'static Scene {
    let rare = choice.below(10) < 2;
    let fits = |scene: &Scene| scene.doors.contains(&door) && scene.rare == rare;
    if !SCENES.iter().any(fits) {
        return choice.one_where(SCENES, |scene| scene.doors.contains(&door));
    }
    choice.one_where(SCENES, fits)
}

/// Courts and federations work by day; calls come around the clock, most in the evening.
fn minute(choice: &mut Choice, door: &str) -> u32 {
    match door {
        "COURT" | "WOMENS_FEDERATION" => 510 + choice.below(530),
        "GRID" => 480 + choice.below(660),
        _ if choice.below(10) < 7 => 420 + choice.below(960),
        _ => choice.below(1_440),
    }
}

/// Forty communities of eleven towns: few enough that an agency has something to do.
fn areas(path: &Path) -> Result<Vec<Area>, Box<dyn std::error::Error>> {
    let mut rows = Vec::new();
    for row in csv::Reader::from_path(path)?.deserialize() {
        let (code, level, name, parent): (String, String, String, String) = row?;
        rows.push((code, level, name, parent));
    }
    let mut areas = Vec::new();
    let towns = rows.iter().filter(|row| row.1 == "town").take(11);
    for (town_code, _, town, _) in towns {
        let below = rows.iter().filter(|row| row.1 == "community" && row.3 == *town_code);
        for (code, _, name, _) in below.take(4) {
            let name = name.trim_end_matches("村民委员会").trim_end_matches("居民委员会");
            areas.push(Area {
                code: code.clone(),
                place: format!("{town}{name}"),
                urban: town.ends_with("街道"),
            });
        }
    }
    Ok(areas)
}

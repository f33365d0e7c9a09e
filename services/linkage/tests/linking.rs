//! Linkage from reports to clusters, as intake uses it.

use std::borrow::Cow;

use std::collections::HashMap;

use fengqiao_linkage::{
    CANDIDATES_OF_FREQUENT, CANDIDATES_PER_KEY, Earlier, Evidence, HumanWord, Joined, Key, KeyedHash, Kind,
    Level, Linked, MOST_COMPARISONS, New, Places, PlainParty, PlainPhone, PlainReport, Role, Said, Secret,
    Thing, Traits, Weights, choose, found_by, learn, link, observe, traits,
};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use uuid::Uuid;

struct Plain;

impl KeyedHash for Plain {
    fn hash(&self, kind: &str, value: &str) -> u64 {
        (kind.len() as u64) << 32 | value.bytes().map(u64::from).sum::<u64>()
    }
}

fn places() -> Places {
    Places::new(
        "麻城市",
        [("421181105", "阎家河镇"), ("421181105201", "石桥垸村"), ("421181002", "鼓楼街道")],
    )
}

/// What a test says of a report; the rest is usual.
#[derive(Debug, Clone, Copy)]
struct Telling<'a> {
    name: &'a str,
    phone: &'a str,
    id: &'a str,
    address: &'a str,
    opponent: &'a str,
    category: &'a str,
    text: &'a str,
}

const WANG: Telling<'static> = Telling {
    name: "王桂兰",
    phone: "13800000001",
    id: "",
    address: "阎家河镇石桥垸村5组12号",
    opponent: "戴俊杰",
    category: "neighbourhood",
    text: "邻居砌墙占了过道，柴火堆在门口",
};

fn traits_of(said: &Telling<'_>) -> Traits {
    traits_with(said, &[])
}

/// The same with numbers of files.
fn traits_with(said: &Telling<'_>, numbers: &[&str]) -> Traits {
    let reporter = PlainParty {
        role: Role::Reporter,
        name: said.name,
        phone: (!said.phone.is_empty())
            .then_some(PlainPhone { digits: said.phone, personal: said.phone.len() > 5 }),
        contact_phone: None,
        id_number: (!said.id.is_empty()).then_some(said.id),
        wrong_id: None,
    };
    let opponent = PlainParty {
        role: Role::Respondent,
        name: said.opponent,
        phone: None,
        contact_phone: None,
        id_number: None,
        wrong_id: None,
    };
    let report = PlainReport {
        area_code: "421181",
        category: said.category,
        address: said.address,
        title: "",
        narrative: said.text,
        numbers: numbers.to_vec(),
        parties: vec![opponent, reporter],
    };
    traits(&report, &places(), &Secret::of(&Plain))
}

fn at(day: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_hours(24 * day)
}

fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

/// An earlier report, alone in its clusters: person 1_000 + n, household 2_000 + n, case 3_000 + n.
fn earlier(number: u128, day: i64, said: &Telling<'_>) -> Earlier<'static> {
    Earlier {
        report: id(number),
        told_at: at(day),
        traits: Cow::Owned(traits_of(said)),
        person: id(1_000 + number),
        household: id(2_000 + number),
        case: id(3_000 + number),
        joinable: true,
    }
}

fn linked_on(day: i64, said: &Telling<'_>, earlier: &[Earlier<'_>], words: &[HumanWord]) -> Linked {
    let mut next = 9_000;
    let mut fresh = || {
        next += 1;
        id(next)
    };
    let new = traits_of(said);
    link(New { traits: &new, told_at: at(day) }, earlier, &[], words, &Weights::shipped(), &mut fresh)
}

/// Which of person, household and case are those of the first earlier report.
fn same_as_first(linked: &Linked) -> (bool, bool, bool) {
    (linked.person.id == id(1_001), linked.household.id == id(2_001), linked.case.id == id(3_001))
}

#[test]
fn nobody_came_before_the_first() {
    let linked = linked_on(1, &WANG, &[], &[]);
    assert_eq!((linked.person.id, linked.household.id, linked.case.id), (id(9_001), id(9_002), id(9_003)));
    assert!(linked.person.reasons.is_empty() && linked.joins.is_empty());
}

#[test]
fn a_second_call_is_the_same_person_whatever_name_phone_or_address_was_said() {
    let first = [earlier(1, 0, &WANG)];
    for (what, again) in [
        ("the same", WANG),
        ("a form of address", Telling { name: "王女士", ..WANG }),
        ("a title", Telling { name: "王师傅", address: "", ..WANG }),
        ("a homophone", Telling { name: "汪贵蓝", ..WANG }),
        ("traditional", Telling { name: "王桂蘭", address: "閻家河鎮石橋垸村五組十二號", ..WANG }),
        ("another phone", Telling { phone: "13900000009", ..WANG }),
        ("no phone", Telling { phone: "", ..WANG }),
        ("a hidden phone", Telling { phone: "110", ..WANG }),
        ("a wrong digit", Telling { phone: "13800000007", address: "", ..WANG }),
        ("another address", Telling { address: "鼓楼街道金丰小区3-2-501", ..WANG }),
        ("no address", Telling { address: "", ..WANG }),
    ] {
        assert_eq!(same_as_first(&linked_on(3, &again, &first, &[])), (true, true, true), "{what}");
    }
    let linked = linked_on(3, &WANG, &first, &[]);
    assert!(linked.person.reasons.iter().any(|reason| reason.evidence == Evidence::Phone));
    assert!(linked.person.reasons.iter().all(|reason| reason.bits > 0.0 && reason.report == id(1)));
}

#[test]
fn another_matter_of_the_same_people_is_another_case() {
    let first = [earlier(1, 0, &WANG)];
    let other = Telling {
        opponent: "宏达建筑公司",
        category: "migrant_wages",
        text: "工地拖欠工资3万元，老板躲了",
        ..WANG
    };
    assert_eq!(same_as_first(&linked_on(40, &other, &first, &[])), (true, true, false));
}

#[test]
fn a_wife_is_of_the_household_and_another_person() {
    let first = [earlier(1, 0, &WANG)];
    let husband = Telling { name: "戴建国", phone: "13700000002", ..WANG };
    assert_eq!(same_as_first(&linked_on(3, &husband, &first, &[])), (false, true, true));
    let on_her_phone = Telling { name: "戴建国", ..WANG };
    assert_eq!(same_as_first(&linked_on(3, &on_her_phone, &first, &[])), (false, true, true));
}

#[test]
fn one_flat_of_two_houses_of_a_street_is_two() {
    let here = Telling { name: "王女士", address: "鼓楼街道石桥路15号3栋501室", ..WANG };
    let from = |address| Telling { phone: "13700000002", address, ..here };
    let household = |address| same_as_first(&linked_on(3, &from(address), &[earlier(1, 0, &here)], &[])).1;
    assert!(household("鼓楼街道石桥路15号3栋501") && household("鼓楼街道石桥路3栋501室"));
    assert!(!household("鼓楼街道石桥路27号3栋501室") && !household("鼓楼街道新建路15号3栋501室"));
}

#[test]
fn many_households_without_water_are_one_case() {
    let dry = Telling {
        name: "李强",
        phone: "13600000003",
        address: "鼓楼街道金丰小区3号楼2单元501室",
        opponent: "",
        category: "property",
        text: "小区停水两天了，没水用",
        ..WANG
    };
    let neighbour = Telling {
        name: "赵敏",
        phone: "13600000004",
        address: "鼓楼街道金丰小区7栋101",
        text: "家里断水",
        ..dry
    };
    let linked = linked_on(1, &neighbour, &[earlier(1, 0, &dry)], &[]);
    assert_eq!(same_as_first(&linked), (false, false, true));
    assert!(
        !same_as_first(&linked_on(200, &neighbour, &[earlier(1, 0, &dry)], &[])).2,
        "long after it is another"
    );
}

#[test]
fn who_was_reported_and_answers_speaks_of_the_same_case() {
    let answer = Telling {
        name: "戴俊杰",
        phone: "13500000005",
        address: "阎家河镇石桥垸村5组13号",
        opponent: "王桂兰",
        text: "隔壁说我砌墙占过道，其实是她先堆柴火",
        ..WANG
    };
    assert_eq!(same_as_first(&linked_on(2, &answer, &[earlier(1, 0, &WANG)], &[])), (false, false, true));
}

#[test]
fn one_of_two_right_id_numbers_of_a_birthday_may_be_mistaken() {
    let nothing = Telling { phone: "", text: "", opponent: "", category: "", ..WANG };
    let said = |id, name| Telling { id, name, address: "阎家河镇石桥垸村5组", ..nothing };
    let first = [earlier(1, 0, &said("110105194912310021", "王桂兰"))];
    for (id, name, same) in [
        ("110105194912310048", "王桂兰", true),
        ("110105196803070042", "王桂兰", false),
        // A twin has another name.
        ("110105194912310048", "王桂枝", false),
    ] {
        let linked = linked_on(1, &said(id, name), &first, &[]);
        assert_eq!(same_as_first(&linked).0, same, "{id} {name}");
    }
}

#[test]
fn what_is_told_alike_is_no_tie() {
    let first = [earlier(1, 0, &Telling { opponent: "李某", ..WANG })];
    let stranger = Telling {
        name: "陈志强",
        phone: "13900000077",
        address: "阎家河镇石桥垸村7组3号",
        opponent: "李先生",
        ..WANG
    };
    let linked = linked_on(1, &stranger, &first, &[]);
    assert_eq!(same_as_first(&linked), (false, false, false), "half a name and the same words");
    let named = Telling {
        opponent: "李国庆", text: "李国庆砌墙占了过道，柴火堆在门口", ..stranger
    };
    let first = [earlier(1, 0, &Telling { opponent: "李国庆", ..WANG })];
    assert_eq!(
        same_as_first(&linked_on(1, &named, &first, &[])),
        (false, false, true),
        "the other side is one"
    );
}

#[test]
fn who_is_named_in_the_others_text_answers_it_and_is_another_person() {
    let first = [earlier(
        1,
        0,
        &Telling { opponent: "", text: "与陈志强因砌墙占过道争吵，柴火堆在门口", ..WANG },
    )];
    let answer = Telling {
        name: "陈志强",
        phone: "13900000077",
        address: "阎家河镇石桥垸村5组14号",
        opponent: "",
        text: "我家砌墙没有占过道，王桂兰家的柴火堆在门口",
        ..WANG
    };
    let linked = linked_on(2, &answer, &first, &[]);
    assert_eq!(same_as_first(&linked), (false, false, true));
}

#[test]
fn an_organisation_is_one_however_much_of_its_name_is_said() {
    let told = Telling {
        opponent: "麻城市金辉建设工程有限公司",
        category: "labour",
        text: "在工地做木工，工资35000元一直不给",
        ..WANG
    };
    let first = [earlier(1, 0, &told)];
    let mate = Telling {
        name: "陈志强",
        phone: "13900000077",
        address: "阎家河镇石桥垸村7组3号",
        opponent: "金辉劳务",
        ..told
    };
    assert_eq!(same_as_first(&linked_on(1, &mate, &first, &[])), (false, false, true));
    let other =
        Telling { opponent: "宏达劳务", text: "在工地做木工，工资12000元一直不给", ..mate };
    assert_eq!(same_as_first(&linked_on(1, &other, &first, &[])), (false, false, false));
}

#[test]
fn an_old_id_number_is_its_new_form() {
    let first = [earlier(1, 0, &Telling { id: "110105491231002", ..WANG })];
    let again = Telling { phone: "13900000077", address: "", id: "11010519491231002X", ..WANG };
    assert_eq!(same_as_first(&linked_on(300, &again, &first, &[])), (true, true, true));
}

#[test]
fn a_phone_of_a_village_office_names_nobody() {
    let names = ["李强", "赵敏", "周杰", "吴芳", "郑军", "冯丽"];
    let callers: Vec<Earlier<'static>> = (1..)
        .zip(names)
        .map(|(number, name)| {
            earlier(number, 0, &Telling { name, address: "", opponent: "", text: "", ..WANG })
        })
        .collect();
    let caller = Telling { name: "", address: "", opponent: "", text: "", ..WANG };
    let linked = linked_on(1, &caller, &callers, &[]);
    assert_eq!((linked.person.id, linked.household.id), (id(9_001), id(9_002)));
    let one_of_them = Telling { name: "吴芳", ..caller };
    assert_eq!(linked_on(1, &one_of_them, &callers, &[]).person.id, id(1_004));
}

#[test]
fn who_calls_by_the_village_offices_phone_from_another_house_is_another_family() {
    let first = [earlier(1, 0, &WANG)];
    let from = |name, address| Telling { name, address, opponent: "", text: "", category: "", ..WANG };
    let household = |name, address| same_as_first(&linked_on(30, &from(name, address), &first, &[])).1;
    assert!(!household("李国强", "阎家河镇石桥垸村2组70号"), "the second who calls by it already");
    assert!(!household("王海波", "阎家河镇石桥垸村2组70号"), "nor is one of her clan");
    assert!(household("王桂兰", "阎家河镇石桥垸村2组70号"), "where the dispute is, not who told it");
}

#[test]
fn callers_by_the_village_offices_phone_who_name_no_house_are_many_families() {
    let mut told: Vec<Earlier<'static>> = Vec::new();
    for (number, name) in (1_u32..).zip(["李强", "赵敏", "周杰", "吴芳", "郑军", "冯丽", "陈华", "褚明"])
    {
        let caller =
            Telling {
                name, address: "阎家河镇石桥垸村", opponent: "", text: "", category: "", ..WANG
            };
        let linked = linked_on(i64::from(number), &caller, &told, &[]);
        let household = if linked.household.reasons.is_empty() {
            id(2_000 + u128::from(number))
        } else {
            linked.household.id
        };
        told.push(Earlier { household, ..earlier(u128::from(number), i64::from(number), &caller) });
    }
    let mut households: Vec<Uuid> = told.iter().map(|one| one.household).collect();
    households.dedup();
    // The second may be the first one's husband or wife.
    assert!(households.len() >= 7, "{households:?}");
}

#[test]
fn brothers_of_a_rare_name_are_two_people() {
    let elder = Telling {
        name: "褚国栋",
        address: "阎家河镇石桥垸村1组11号",
        opponent: "",
        category: "land",
        text: "与邻居因田界争吵",
        ..WANG
    };
    let younger =
        Telling {
            name: "褚国梁", phone: "13900000088", address: "阎家河镇石桥垸村6组22号", ..elder
        };
    let person = |said: &Telling<'_>| same_as_first(&linked_on(3, said, &[earlier(1, 0, &elder)], &[])).0;
    assert!(!person(&younger));
    assert!(!person(&Telling { address: "阎家河镇石桥垸村", ..younger }));
    assert!(person(&Telling { phone: WANG.phone, ..younger }), "misheard, on one telephone");
}

#[test]
fn who_accuse_each_other_tell_of_one_case_wherever_they_are() {
    let loan = Telling {
        name: "程玲",
        address: "鼓楼街道南湖明珠10栋1单元1103",
        opponent: "曾慧燕",
        category: "contract",
        text: "欠8000块钱不还，还骂人",
        ..WANG
    };
    let answer = Telling {
        name: "曾慧燕",
        phone: "13500000005",
        address: "阎家河镇石桥垸村3组",
        opponent: "程玲",
        text: "带人上门逼债，堵锁眼",
        ..loan
    };
    let case = |said: &Telling<'_>| same_as_first(&linked_on(5, said, &[earlier(1, 0, &loan)], &[])).2;
    assert!(case(&answer));
    assert!(!case(&Telling { opponent: "李国强", ..answer }), "she has a quarrel with somebody else");
}

#[test]
fn what_befalls_a_couple_is_one_case() {
    let divorce = Telling {
        opponent: "刘俊明",
        category: "marriage_family",
        text: "刘俊明不管孩子，双方分居四个月，要离婚",
        ..WANG
    };
    let violence = Telling { opponent: "", text: "昨晚再次被丈夫打，请出警", ..divorce };
    let case = |said: &Telling<'_>| same_as_first(&linked_on(25, said, &[earlier(1, 0, &divorce)], &[])).2;
    assert!(case(&violence));
    assert!(!case(&Telling { text: "兄弟不管老人，赡养费一分不出", ..violence }));
}

#[test]
fn a_matter_of_two_estates_does_not_become_one_through_who_names_none() {
    let said = |name, phone, address| Telling {
        name,
        phone,
        address,
        opponent: "",
        category: "property",
        text: "小区停水两天了，没水用",
        ..WANG
    };
    let here = said("李强", "13600000003", "阎家河镇石桥垸村金丰小区3号楼2单元501室");
    let nowhere = Telling {
        text: "家里断水，做不了饭", ..said("赵敏", "13600000004", "阎家河镇石桥垸村")
    };
    let there = said("周杰", "13600000005", "阎家河镇石桥垸村瑞景小区7栋101");
    // Who named no estate was taken for one of the first.
    let of_the_first = Earlier { case: id(3_001), ..earlier(2, 0, &nowhere) };
    assert!(!same_as_first(&linked_on(1, &there, &[earlier(1, 0, &here), of_the_first], &[])).2);
}

#[test]
fn two_right_id_numbers_are_two_people() {
    let one = Telling { id: "110105194912310021", ..WANG };
    let other = Telling { id: "110105195012310022", name: "王女士", phone: "", ..WANG };
    assert!(!same_as_first(&linked_on(1, &other, &[earlier(1, 0, &one)], &[])).0);
    assert!(
        same_as_first(&linked_on(
            1,
            &Telling { name: "", phone: "", address: "", ..one },
            &[earlier(1, 0, &one)],
            &[]
        ))
        .0
    );
}

#[test]
fn later_evidence_joins_two_clusters_and_the_older_stays() {
    let by_phone = Telling { name: "王桂兰", address: "", id: "", opponent: "", text: "", ..WANG };
    let by_id = Telling { phone: "", id: "110105194912310021", address: "", opponent: "", text: "", ..WANG };
    let both = Telling { id: "110105194912310021", ..WANG };
    let linked = linked_on(5, &both, &[earlier(2, 1, &by_id), earlier(1, 0, &by_phone)], &[]);
    assert_eq!(linked.person.id, id(1_001));
    assert!(
        linked.joins.iter().any(|Joined { join, .. }| (join.kind, join.kept, join.absorbed)
            == (Kind::Person, id(1_001), id(1_002)))
    );
    let why = &linked.joins[0];
    assert!(
        why.score > 0.0 && [1, 2].iter().all(|told| why.reasons.iter().any(|one| one.report == id(*told)))
    );
}

#[test]
fn a_case_that_takes_no_more_is_followed() {
    let over = Earlier { joinable: false, ..earlier(1, 0, &WANG) };
    let linked = linked_on(3, &WANG, &[over], &[]);
    assert_eq!((linked.case.id, linked.follows), (id(9_001), Some(id(3_001))));
    assert_eq!(linked.person.id, id(1_001));
}

#[test]
fn keys_are_few_and_find_what_they_should() {
    let one = traits_of(&WANG).keys();
    assert!(one.len() <= 12, "{}", one.len());
    let shares = |said: &Telling<'_>| traits_of(said).keys().iter().any(|key| one.contains(key));
    let nothing = Telling { name: "", phone: "", address: "", opponent: "", text: "", ..WANG };
    for said in [
        Telling { phone: WANG.phone, ..nothing },
        Telling { address: "阎家河镇5组12", ..nothing },
        Telling { name: "汪贵兰", ..nothing },
        Telling { opponent: "戴俊杰", ..nothing },
        Telling { name: "戴俊杰", ..nothing },
    ] {
        assert!(shares(&said), "{}{}{}{}", said.name, said.phone, said.address, said.opponent);
    }
    assert!(!shares(&nothing));
}

#[test]
fn of_each_key_the_newest_are_compared() {
    let hits: Vec<(Key, Uuid)> = (0..200).map(|n| (Key(n / 20), id(n as u128))).collect();
    let chosen = choose(&hits, &[]);
    assert_eq!(chosen.reports.len(), 10 * CANDIDATES_OF_FREQUENT);
    assert_eq!(chosen.frequent.len(), 10);
    let of_one = choose(&hits[..20], &[]);
    assert_eq!(of_one.reports.len(), CANDIDATES_OF_FREQUENT);
    assert_eq!(of_one.reports.last(), Some(&id(19)), "the newest");
    let mut turned = hits.clone();
    turned.reverse();
    assert_eq!(choose(&turned, &[]), chosen);
    let rare = choose(&hits[..CANDIDATES_PER_KEY], &[]);
    assert_eq!((rare.reports.len(), rare.frequent.len()), (CANDIDATES_PER_KEY, 0));
    let many: Vec<(Key, Uuid)> = (0..200).map(|n| (Key(n / 10), id(n as u128))).collect();
    assert_eq!(choose(&many, &[]).reports.len(), MOST_COMPARISONS);
}

#[test]
fn a_name_that_many_bear_finds_nobody_by_itself() {
    let (name, phone) = (Key(1), Key(2));
    let bearers: Vec<Uuid> = (0..=CANDIDATES_PER_KEY as u128).map(id).collect();
    let mut hits: Vec<(Key, Uuid)> = bearers.iter().map(|report| (name, *report)).collect();
    hits.push((phone, id(0)));
    let chosen = choose(&hits, &[name]);
    assert_eq!((chosen.reports, chosen.frequent), (vec![id(0)], vec![name]));
    assert_eq!(choose(&hits[1..], &[name]).reports.len(), CANDIDATES_PER_KEY + 1, "few bear it");
    assert!(found_by(&bearers, true).is_empty());
    assert_eq!(found_by(&bearers[1..], true), &bearers[1..]);
    assert_eq!(found_by(&bearers, false), &bearers[bearers.len() - CANDIDATES_OF_FREQUENT..], "the newest");
}

#[test]
fn the_traits_of_two_people_are_small_and_hold_nothing_that_can_be_read() {
    let bytes = traits_of(&Telling { id: "110105194912310021", ..WANG }).encode();
    assert!(bytes.len() < 400, "{}", bytes.len());
    for word in ["王", "桂兰", "13800000001", "石桥", "戴俊杰", "柴火"] {
        assert!(!bytes.windows(word.len()).any(|window| window == word.as_bytes()), "{word}");
    }
    let other_key = traits(
        &PlainReport {
            area_code: "",
            category: "",
            address: "",
            title: "",
            narrative: "",
            numbers: vec![],
            parties: vec![],
        },
        &places(),
        &Secret::of(&Plain),
    );
    assert_eq!(Traits::decode(&other_key.encode()), Ok(other_key));
}

#[test]
fn weights_are_learned_from_what_agrees() {
    // A county where nobody keeps a telephone: that two differ says less than before.
    let weights = Weights::shipped();
    let changed = Telling { phone: "13900000009", ..WANG };
    let first = [earlier(1, 0, &WANG)];
    let new = traits_of(&changed);
    let linked = linked_on(3, &changed, &first, &[]);
    let pair = observe(
        New { traits: &new, told_at: at(3) },
        (linked.person.id, linked.household.id),
        &first,
        &[],
        &weights,
    );
    let pairs: Vec<_> = pair.iter().copied().cycle().take(pair.len() * 3_000).collect();
    let learned = learn(&weights, &pairs, "learned");
    let share = |weights: &Weights| weights.person.odds(Level::PhoneOther).map_or(0.0, |odds| odds.m);
    assert!(share(&learned) > 0.8 && share(&weights) < 0.5, "{}", share(&learned));
    assert_eq!(learn(&weights, &[], &weights.version), weights);
}

fn any_said() -> impl Strategy<Value = Telling<'static>> {
    let of = |texts: &'static [&'static str]| proptest::sample::select(texts);
    (
        of(&["王桂兰", "王女士", "汪贵兰", "李强", "", "老王"]),
        of(&["13800000001", "13800000007", "13900000009", ""]),
        of(&["", "110105194912310021", "110105195012310022"]),
        of(&["阎家河镇石桥垸村5组12号", "石桥垸村5组12", "金丰3-2-501", ""]),
        of(&["戴俊杰", "宏达建筑公司", "王桂兰", ""]),
        of(&["neighbourhood", "property", "other"]),
        of(&["邻居砌墙占了过道", "小区停水", "欠3万元", ""]),
    )
        .prop_map(|(name, phone, id, address, opponent, category, text)| Telling {
            name,
            phone,
            id,
            address,
            opponent,
            category,
            text,
        })
}

/// Reports of a few clusters, each kind by itself.
fn any_earlier() -> impl Strategy<Value = Vec<Earlier<'static>>> {
    proptest::collection::vec((any_said(), 0_i64..60, 0_u128..4, 0_u128..4, 0_u128..4, any::<bool>()), 0..12)
        .prop_map(|said| {
            (1..)
                .zip(said)
                .map(|(number, (said, day, person, household, case, joinable))| Earlier {
                    person: id(1_000 + person),
                    household: id(2_000 + household),
                    case: id(3_000 + case),
                    joinable,
                    ..earlier(number, day, &said)
                })
                .collect()
        })
}

fn any_word() -> impl Strategy<Value = HumanWord> {
    let thing = || {
        prop_oneof![
            Just(Thing::This),
            (1_u128..12).prop_map(|number| Thing::Report(id(number))),
            (0_u128..4, 1_u128..4).prop_map(|(cluster, kind)| Thing::Cluster(id(1_000 * kind + cluster))),
        ]
    };
    let kind = proptest::sample::select(&[Kind::Person, Kind::Household, Kind::Case]);
    let said = proptest::sample::select(&[Said::Together, Said::Apart]);
    (kind, said, thing(), thing()).prop_map(|(kind, said, one, other)| HumanWord { kind, said, one, other })
}

proptest! {
    #[test]
    fn what_is_encoded_is_decoded(said in any_said()) {
        let traits = traits_of(&said);
        prop_assert_eq!(Traits::decode(&traits.encode()), Ok(traits));
    }

    #[test]
    fn any_bytes_are_decoded_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        if let Ok(traits) = Traits::decode(&bytes) {
            prop_assert_eq!(traits.encode(), bytes);
        }
    }

    #[test]
    fn any_report_has_traits(name in ".{0,30}", address in ".{0,60}", text in ".{0,100}", id in ".{0,20}") {
        let reporter = PlainParty {
            role: Role::Reporter, name: &name, phone: None, contact_phone: None, id_number: None,
            wrong_id: Some(&id),
        };
        let report = PlainReport {
            area_code: &id, category: "", address: &address, title: &name, narrative: &text, numbers: Vec::new(),
            parties: vec![reporter],
        };
        let _ = traits(&report, &places(), &Secret::of(&Plain)).keys();
    }

    #[test]
    fn the_order_of_earlier_reports_does_not_matter(said in any_said(), earlier in any_earlier()) {
        let linked = linked_on(30, &said, &earlier, &[]);
        let turned: Vec<Earlier<'static>> = earlier.iter().rev().cloned().collect();
        prop_assert_eq!(linked_on(30, &said, &turned, &[]), linked);
    }

    #[test]
    fn an_officers_word_is_always_obeyed(
        said in any_said(),
        earlier in any_earlier(),
        words in proptest::collection::vec(any_word(), 0..5),
    ) {
        let linked = linked_on(30, &said, &earlier, &words);
        for kind in [Kind::Person, Kind::Household, Kind::Case] {
            let (belongs, of): (Uuid, fn(&Earlier<'_>) -> Uuid) = match kind {
                Kind::Person => (linked.person.id, |one| one.person),
                Kind::Household => (linked.household.id, |one| one.household),
                Kind::Case => (linked.case.id, |one| one.case),
            };
            // Where each cluster is after the joins.
            let now: HashMap<Uuid, Uuid> =
                linked.joins.iter().map(|joined| joined.join).filter(|join| join.kind == kind).map(|join| (join.absorbed, join.kept)).collect();
            let now = |cluster: Uuid| now.get(&cluster).copied().unwrap_or(cluster);
            let cluster = |thing: Thing| match thing {
                Thing::This => Some(belongs),
                Thing::Report(report) => earlier.iter().find(|one| one.report == report).map(|one| now(of(one))),
                Thing::Cluster(cluster) => Some(now(cluster)),
            };
            let before = |thing: Thing| match thing {
                Thing::This => None,
                Thing::Report(report) => earlier.iter().find(|one| one.report == report).map(of),
                Thing::Cluster(cluster) => Some(cluster),
            };
            let of_kind: Vec<&HumanWord> = words.iter().filter(|word| word.kind == kind).collect();
            for word in &of_kind {
                let (Some(one), Some(other)) = (cluster(word.one), cluster(word.other)) else { continue };
                // What was one cluster before, or is the same thing, cannot be parted by a report that comes after.
                let parted_already = before(word.one) != before(word.other);
                match word.said {
                    Said::Apart if word.one != word.other && parted_already => {
                        prop_assert_ne!(one, other, "{:?} {:?}", word, linked);
                    }
                    // Apart goes before together, so a confirmation alone is tested.
                    Said::Together
                        if of_kind.iter().all(|word| word.said == Said::Together)
                            && [word.one, word.other].contains(&Thing::This) =>
                    {
                        prop_assert_eq!(one, other, "{:?} {:?}", word, linked);
                    }
                    _ => {}
                }
            }
        }
    }
}

/// Whether one report finds the other.
fn finds(one: &Telling<'_>, other: &Telling<'_>) -> bool {
    let keys = traits_of(one).keys();
    traits_of(other).keys().iter().any(|key| keys.contains(key))
}

#[test]
fn a_report_is_found_by_whom_it_tells_of_and_by_what_befell() {
    let nobody = Telling { name: "", phone: "", id: "", address: "", opponent: "", category: "", text: "" };
    let wages = Telling {
        opponent: "湖北恒祥建设公司", text: "拖欠农民工工资，包工头跑了", ..nobody
    };
    let here = Telling { name: "王桂兰", address: "阎家河镇石桥垸村5组12号", ..wages };
    let there = Telling { name: "陈建国", address: "鼓楼街道金丰小区3栋501", ..wages };
    // Another employer's name hashes to something else, whatever is owed.
    let other = Telling { opponent: "金鼎劳务公司", ..there };
    assert!(finds(&here, &there) && !finds(&here, &other));
    let told_of = Telling { name: "黄琴", phone: "13800000009", ..nobody };
    let tells = Telling { text: "客人黄琴吃完不给钱", phone: "13800000007", ..nobody };
    assert!(finds(&told_of, &tells));
    let place = "阎家河镇石桥垸村";
    let hit =
        Telling { address: place, text: "骑电动车被撞，开车的跑了，交通事故", ..nobody };
    let seen = Telling { address: place, text: "路口出车祸了", ..nobody };
    let fight = Telling { address: place, text: "楼上漏水", ..nobody };
    assert!(finds(&hit, &seen) && !finds(&hit, &fight));
}

#[test]
fn calls_that_the_police_say_have_to_do_with_each_other_are_one_dispute() {
    let with = |said: &Telling<'_>, numbers: &[&str]| traits_with(said, numbers);
    let other = Telling {
        name: "李国强",
        phone: "13900000007",
        address: "",
        opponent: "",
        text: "有两个人在扯皮，请来人看看",
        ..WANG
    };
    let first = with(&WANG, &["JJ-1"]);
    let earlier = Earlier { traits: Cow::Owned(first.clone()), ..earlier(1, 1, &WANG) };
    for (numbers, same) in [(&["JJ-2", "JJ-1"][..], true), (&["JJ-2"][..], false), (&[][..], false)] {
        let new = with(&other, numbers);
        let mut next = 9_000;
        let mut fresh = || {
            next += 1;
            id(next)
        };
        let weights = Weights::shipped();
        let new = New { traits: &new, told_at: at(2) };
        let linked = link(new, std::slice::from_ref(&earlier), &[], &[], &weights, &mut fresh);
        assert_eq!(same_as_first(&linked), (false, false, same), "{numbers:?}");
        let shares = new.traits.keys().iter().any(|key| first.keys().contains(key));
        assert_eq!(shares, same, "{numbers:?}");
        assert_eq!(
            linked.case.reasons.first().map(|reason| reason.evidence),
            same.then_some(Evidence::Number)
        );
        assert_eq!(Traits::decode(&new.traits.encode()).unwrap(), *new.traits);
    }
}

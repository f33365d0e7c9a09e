use proptest::{prelude::*, sample::Index};

use super::*;

fn at(seconds: i64) -> Option<prost_types::Timestamp> {
    Some(prost_types::Timestamp { seconds: 1_795_478_400 + seconds, nanos: 0 })
}

fn category(word: &str) -> Option<SourceCategory> {
    (!word.is_empty()).then(|| SourceCategory { word: word.into(), ..Default::default() })
}

fn taking(changed: i64, word: &str) -> PoliceForm {
    PoliceForm::Taking(Box::new(PoliceTaking {
        number: "J1".into(),
        called_at: at(0),
        updated_at: at(changed),
        area_code: "421181105204".into(),
        content: "邻居吵架".into(),
        category: category(word),
        caller: Some(PolicePerson {
            name: "王女士".into(), phone: "号码隐藏".into(), ..Default::default()
        }),
        ..Default::default()
    }))
}

fn dispatch(number: &str, changed: i64) -> PoliceForm {
    PoliceForm::Dispatch(Box::new(PoliceDispatch {
        number: number.into(),
        call_number: "J1".into(),
        updated_at: at(changed),
        ..Default::default()
    }))
}

fn feedback(number: &str, said: i64, changed: i64, word: &str) -> PoliceForm {
    PoliceForm::Feedback(Box::new(PoliceFeedback {
        number: number.into(),
        dispatch_number: "C1".into(),
        fed_back_at: at(said),
        updated_at: at(changed),
        content: format!("处理 {number}"),
        category: category(word),
        parties: vec![Party {
            role: PartyRole::Respondent.into(),
            name: "李某".into(),
            ..Default::default()
        }],
        ..Default::default()
    }))
}

/// What remains of records that arrived in this order.
fn folded(arrived: &[PoliceForm]) -> Option<Report> {
    let versions = arrived.iter().map(|form| {
        let mut digest = [0; 16];
        form.encode()
            .iter()
            .enumerate()
            .for_each(|(index, byte)| digest[index % 16] ^= byte.rotate_left(index as u32));
        (form.name(), Version { told_at: form.told_at(), digest }, form.clone())
    });
    fold(holding(versions).into_values().map(|(_, form)| form))
}

#[test]
fn what_comes_before_its_call_waits() {
    assert_eq!(folded(&[dispatch("C1", 1), feedback("F1", 5, 5, "家暴")]), None);
    let report = folded(&[feedback("F1", 5, 5, "家暴"), dispatch("C1", 1), taking(0, "邻里纠纷")]).unwrap();
    assert_eq!((report.source(), report.source_ref.as_str()), (Source::Police110, "J1"));
    assert_eq!(report.narrative, "邻居吵架\n反馈: 处理 F1");
}

#[test]
fn both_categories_are_kept_and_the_newest_confirmed_one_decides() {
    let records = [
        taking(0, "邻里纠纷"),
        feedback("F2", 20, 20, "家暴"),
        feedback("F1", 10, 90, "噪声"),
        feedback("F3", 30, 30, ""),
    ];
    let report = folded(&records).unwrap();
    assert_eq!(report.category, "家暴", "by the time of the feedback, not of its last change");
    let Some(details::Form::PoliceCall(call)) = report.details.unwrap().form else { panic!("no call") };
    assert_eq!(call.first_category.unwrap().word, "邻里纠纷");
    assert_eq!(call.confirmed_category.unwrap().word, "家暴");
    assert_eq!(folded(&records[..1]).unwrap().category, "邻里纠纷");
}

#[test]
fn a_hidden_number_is_kept_and_goes_no_further() {
    let report = folded(&[taking(0, "")]).unwrap();
    assert_eq!((report.parties[0].name.as_str(), report.parties[0].phone.as_str()), ("王女士", ""));
    let Some(details::Form::PoliceCall(call)) = report.details.unwrap().form else { panic!("no call") };
    assert_eq!(call.taking.unwrap().caller.unwrap().phone, "号码隐藏");
    assert_eq!(report.title, "邻居吵架");
}

#[test]
fn a_correction_holds_whenever_it_comes() {
    let (first, corrected) = (taking(0, "邻里纠纷"), taking(60, "家庭纠纷"));
    let one = folded(&[first.clone(), corrected.clone()]);
    assert_eq!(one, folded(&[corrected, first]));
    assert_eq!(one.unwrap().category, "家庭纠纷");
}

#[test]
fn each_wrong_field_is_named() {
    let paths =
        |form: PoliceForm| check(&form).into_iter().map(|violation| violation.field).collect::<Vec<_>>();
    assert!(paths(taking(0, "x")).is_empty());
    let wrong = PoliceFeedback {
        number: " F1".into(),
        dead: -1,
        parties: vec![Party::default()],
        fed_back_at: Some(prost_types::Timestamp { seconds: i64::MAX, nanos: 0 }),
        ..Default::default()
    };
    assert_eq!(
        paths(PoliceForm::Feedback(Box::new(wrong))),
        ["number", "dispatchNumber", "fedBackAt", "dead", "parties[0].role"]
    );
    let wrong = PoliceTaking { content: "a\0".into(), longitude: f64::NAN, ..Default::default() };
    assert_eq!(paths(PoliceForm::Taking(Box::new(wrong))), ["number", "content", "longitude"]);
    // All that have no number would be one call.
    let number = "无".to_owned();
    let unnumbered = PoliceTaking { number: number.clone(), related_to: vec![number], ..Default::default() };
    assert_eq!(paths(PoliceForm::Taking(Box::new(unnumbered))), ["number"]);
}

fn any_record() -> impl Strategy<Value = PoliceForm> {
    let word = prop::sample::select(vec!["", "家暴", "噪声", "邻里纠纷"]);
    let number = prop::sample::select(vec!["1", "2", "3"]);
    (0..3, number, 0..4_i64, 0..4_i64, word).prop_map(|(kind, number, said, changed, word)| match kind {
        0 => taking(changed, word),
        1 => dispatch(&format!("C{number}"), changed),
        _ => feedback(&format!("F{number}"), said, changed, word),
    })
}

proptest! {
    #[test]
    fn any_order_and_any_repetition_give_the_same(
        records in prop::collection::vec(any_record(), 1..12),
        again in prop::collection::vec(any::<Index>(), 0..8),
        order in any::<u64>(),
    ) {
        let mut arrived = records.clone();
        arrived.extend(again.iter().map(|index| index.get(&records).clone()));
        // A shuffle by the number, the same each time.
        let mut state = order | 1;
        for last in (1..arrived.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            arrived.swap(last, (state >> 33) as usize % (last + 1));
        }
        prop_assert_eq!(folded(&records), folded(&arrived));
        // Folded part by part, as they come, it ends in the same.
        let half = arrived.len() / 2;
        let _ = folded(&arrived[..half]);
        prop_assert_eq!(folded(&arrived), folded(&[&arrived[half..], &arrived[..half]].concat()));
    }

    #[test]
    fn what_is_encoded_is_decoded(record in any_record()) {
        prop_assert_eq!(PoliceForm::decode(record.name().kind, &record.encode()), Some(record));
    }
}

fn call(repeat_of: &str, related: &[&str]) -> Details {
    let PoliceForm::Taking(taking) = taking(0, "") else { panic!("a taking") };
    let related_to = related.iter().map(|number| (*number).to_owned()).collect();
    let taking = PoliceTaking { repeat_of: repeat_of.into(), related_to, ..*taking };
    let call = PoliceCall { taking: Some(taking), ..PoliceCall::default() };
    Details { form: Some(details::Form::PoliceCall(call)), ..Details::default() }
}

#[test]
fn a_call_has_its_number_and_those_that_the_police_name() {
    assert_eq!(numbers(Some(&call("J0", &["J7", "", "J8"]))), ["J1", "J0", "J7", "J8"]);
    assert_eq!(numbers(Some(&call("", &[]))), ["J1"]);
    assert!(numbers(None).is_empty() && numbers(Some(&Details::default())).is_empty());
    assert!(repeats(Some(&call("J0", &[]))) && !repeats(Some(&call("J1", &[]))));
}

#[test]
fn what_stands_where_there_is_no_number_is_none() {
    for nothing in
        ["", " ", "无", "否", "没有", "0", "000000", "００", "-", "--", "/", "空", "null", "none", "N/A"]
    {
        let call = call(nothing, &[nothing, "J8"]);
        assert_eq!(numbers(Some(&call)), ["J1", "J8"], "{nothing}");
        assert!(!repeats(Some(&call)), "{nothing}");
    }
    assert_eq!(numbers(Some(&call("１２", &["00010"]))), ["J1", "１２", "00010"]);
}

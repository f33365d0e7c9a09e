use proptest::prelude::*;

use super::*;

fn plain(text: &str) -> String {
    mask(text, &[])
}

#[test]
fn each_kind_of_number_is_masked_wherever_it_stands() {
    for (text, masked) in [
        ("打13800000000找我，或139 0000 0000", "打〔电话〕找我，或〔电话〕"),
        ("＋86-138-0000-0000", "＋〔电话〕"),
        ("电话１３８００００００００。", "电话〔电话〕。"),
        ("一三八零零零零零零零零", "〔电话〕"),
        ("座机0713-2912345，(010)88888888", "座机〔电话〕，(〔电话〕"),
        ("电话2912345", "电话〔电话〕"),
        ("1380000000013900000000", "〔电话〕〔电话〕"),
        ("身份证11010519491231002X和110105194912310021", "身份证〔证件号〕和〔证件号〕"),
        ("110105 19491231 002x", "〔证件号〕"),
        ("旧证110105491231002", "旧证〔证件号〕"),
        ("卡号6222 0212 3456 7890 128", "卡号〔银行卡〕"),
        ("车牌鄂J12345、鄂J·D12345，京a8888学", "车牌〔车牌〕、〔车牌〕，〔车牌〕"),
        ("写信到a.b@example.com。", "写信到〔邮箱〕。"),
        ("微信号：wang_abc-1，QQ 1234567", "微信号：〔账号〕，QQ 〔账号〕"),
        ("wxid_ab12cd，加v zhangsan88", "〔账号〕，加v 〔账号〕"),
    ] {
        assert_eq!(plain(text), masked, "{text}");
    }
}

#[test]
fn what_is_nobody_s_stays() {
    for text in [
        "",
        "2026-11-27 09:12 楼上漏水，3栋2单元501，协商3次不成",
        "拨打110、12345、400-820-8820均可",
        "工单GD-20261124-0017，面积120.5平方米，赔偿15000元",
        "地区421181105204，二〇二六年十一月",
        "新华书店、京剧、川菜A套餐",
        "王某与李女士因3-2-501漏水",
    ] {
        assert_eq!(mask(text, &["王某", "李女士", "匿名", "老王", "王"]), text);
    }
}

#[test]
fn names_of_the_people_become_their_surname() {
    let names = ["王小芳", "欧阳明", "李伟", "阿卜杜拉·买买提", "金丰物业有限公司", "John Smith"];
    for (text, masked) in [
        ("王小芳说小芳被打，王 小 芳再说", "王某说某某被打，王某再说"),
        ("欧阳明和李伟", "欧阳某和李某"),
        ("阿卜杜拉·买买提，买买提在", "〔名称〕，〔名称〕在"),
        ("金丰物业有限公司不管", "〔名称〕不管"),
        ("john smith called", "〔名称〕 called"),
    ] {
        assert_eq!(mask(text, &names), masked, "{text}");
    }
}

#[test]
fn who_may_see_some_reads_a_text_without_the_rest() {
    let text = "王小芳１３８００００００００，证件11010519491231002X，车牌鄂J12345，微信号：wang_abc-1";
    let hidden = |hidden: &[Telling]| mask_only(text, &["王小芳"], hidden);
    assert_eq!(hidden(&[]), text);
    assert_eq!(
        hidden(&[Telling::Name]),
        "王某１３８００００００００，证件11010519491231002X，车牌鄂J12345，微信号：wang_abc-1"
    );
    assert_eq!(
        hidden(&[Telling::Contact]),
        "王小芳〔电话〕，证件11010519491231002X，车牌鄂J12345，微信号：〔账号〕"
    );
    assert_eq!(
        hidden(&[Telling::Identity]),
        "王小芳１３８００００００００，证件〔证件号〕，车牌〔车牌〕，微信号：wang_abc-1"
    );
    assert_eq!(hidden(&Telling::ALL), mask(text, &["王小芳"]));
}

/// Words in which nothing is to be masked.
fn harmless() -> impl Strategy<Value = String> {
    prop::collection::vec(
        prop::sample::select(vec!["楼上漏水", "，", "3栋", "协商不成。", " ", "2单元501室", "赔800元", "\n"]),
        0..8,
    )
    .prop_map(|parts| parts.concat())
}

/// What must not be left, as it is written in digits or letters.
fn secret() -> impl Strategy<Value = String> {
    prop_oneof![
        "1[3-9][0-9]{9}",
        "0[3-9][0-9]{2}[2-9][0-9]{6}",
        "[1-9][0-9]{5}19[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|1[0-9]|2[0-8])[0-9]{3}[0-9X]",
        "[1-9][0-9]{5}[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|1[0-9]|2[0-8])[0-9]{3}",
        "62[0-9]{14}".prop_map(with_check_digit),
        "[京沪鄂粤][A-Z][0-9]{5}",
        "[a-z]{3,8}@[a-z]{3,8}\\.(com|cn)",
        "wxid_[a-z0-9]{6,12}",
    ]
}

fn with_check_digit(number: String) -> String {
    (0..10).map(|digit| format!("{number}{digit}")).find(|card| plain(card) == BANK_CARD).unwrap_or(number)
}

/// Digits in other forms, or with something between them.
fn written(secret: &str, form: u8) -> String {
    const HAN: [char; 10] = ['零', '一', '二', '三', '四', '五', '六', '七', '八', '九'];
    let numeric = secret.chars().all(|c| c.is_ascii_digit() || c == 'X');
    let each =
        |other: fn(u32) -> char| secret.chars().map(|c| c.to_digit(10).map_or(c, other)).collect::<String>();
    match form {
        1 => each(|digit| char::from_u32(0xff10 + digit).unwrap()),
        2 if numeric => each(|digit| HAN[digit as usize]),
        3 if numeric => secret.chars().enumerate().fold(String::new(), |text, (at, c)| match at {
            4 | 8 | 14 => text + " " + &c.to_string(),
            _ => text + &c.to_string(),
        }),
        _ => secret.to_owned(),
    }
}

proptest! {
    #[test]
    fn nothing_is_left_of_what_was_put_in(
        before in harmless(), secret in secret(), middle in harmless(), again in secret(), form in 0_u8..4,
    ) {
        let text = format!("{before}说{}后{middle}又{}完", written(&secret, form), written(&again, 0));
        let masked = plain(&text);
        prop_assert!(!masked.contains(&written(&secret, form)), "{text} -> {masked}");
        prop_assert!(!masked.contains(&again), "{text} -> {masked}");
        let digits = masked.chars().filter(|c| sign::signs(&c.to_string())[0].digit.is_some()).count();
        let harmless = format!("{before}{middle}");
        let allowed = harmless.chars().filter(|c| sign::signs(&c.to_string())[0].digit.is_some()).count();
        prop_assert!(digits <= allowed, "{text} -> {masked}");
        prop_assert_eq!(plain(&masked), masked.clone());
    }

    #[test]
    fn what_holds_nothing_stays(text in harmless()) {
        // Groups that lie side by side may come to look like a number; one after the other they do not.
        let text = text.replace("元", "元，").replace("室", "室，");
        prop_assert_eq!(plain(&text), text);
    }

    #[test]
    fn a_name_is_nowhere_left(name in "[张李赵][建国秀英]{2}", text in harmless()) {
        let told = format!("{name}{text}找{name}");
        prop_assert!(!mask(&told, &[&name]).contains(&name));
    }

    #[test]
    fn any_text_is_taken(text in ".*", name in ".{0,6}") {
        let _ = mask(&text, &[&name]);
    }
}

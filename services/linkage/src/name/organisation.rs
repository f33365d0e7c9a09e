//! Organisations as they are called: 麻城市金辉建设工程有限公司 is 金辉建设 and 金辉劳务.

/// How the names of organisations end. No person is called so.
const ENDS: &[&str] = &[
    "公司",
    "物业",
    "工地",
    "委会",
    "委员会",
    "集团",
    "银行",
    "医院",
    "学校",
    "中心",
    "合作社",
    "政府",
    "超市",
    "酒店",
    "饭店",
    "驿站",
    "直播间",
    "门诊",
    "厂",
    "店",
    "局",
    "所",
    "部",
    "队",
    "场",
    "站",
    "馆",
    "院",
    "社",
    "行",
    "处",
    "办",
    "劳务",
    "牙科",
    "驾校",
    "培训",
    "公园",
    "景区",
    "山庄",
    "水务",
    "百货",
    "家电",
    "卫生室",
    "小学",
    "中学",
    "幼儿园",
    "班",
    "ktv",
    "网吧",
    "酒楼",
    "茶楼",
    "影楼",
    "艺校",
    "农家乐",
];
/// Those that may be a given name, too: 张建设. A longer name is an organisation's.
const LONGER_ENDS: &[&str] = &[
    "建设", "建筑", "工程", "口腔", "健身", "教育", "商贸", "农业", "物流", "纺织", "实业", "矿业", "石业",
    "纸业", "置业", "林业", "牧业", "渔业", "种业", "养殖", "化工", "科技", "传媒", "制造", "食品", "服饰",
    "家具", "饲料", "能源", "环保",
];
/// What they are in law.
const LEGAL_FORMS: &[&str] =
    &["有限责任公司", "股份有限公司", "有限公司", "分公司", "总公司", "公司", "集团", "总店", "分店", "门店"];
/// What they do, as one word of each is said for another.
const KINDS: &[(&str, &[&str])] = &[
    ("物业", &["物业管理服务", "物业管理", "物业服务", "物业"]),
    (
        "建设",
        &[
            "建筑劳务",
            "建设劳务",
            "建筑工程",
            "建设工程",
            "装饰工程",
            "劳务派遣",
            "市政工程",
            "建筑公司",
            "劳务",
            "建筑",
            "建设",
            "建工",
            "工程",
            "项目部",
            "工地",
            "施工队",
        ],
    ),
    ("服装", &["服装厂", "制衣厂", "服饰", "服装", "制衣"]),
    ("机械", &["机械制造", "机械厂", "机械", "五金厂"]),
    ("石材", &["石材厂", "石料厂", "建材厂", "石材", "建材"]),
    ("餐饮", &["农家菜馆", "火锅店", "餐饮", "饭店", "酒楼", "菜馆", "餐馆", "餐厅"]),
    (
        "培训",
        &[
            "艺术培训中心",
            "艺术培训",
            "教育培训",
            "培训中心",
            "培训学校",
            "培训机构",
            "教育咨询",
            "培训班",
            "培训",
            "教育",
        ],
    ),
    ("驾校", &["机动车驾驶培训学校", "驾驶培训学校", "驾驶培训", "驾培", "驾校"]),
    (
        "诊所",
        &[
            "口腔诊所",
            "口腔门诊部",
            "口腔门诊",
            "口腔",
            "牙科诊所",
            "牙科",
            "诊所",
            "门诊部",
            "门诊",
            "卫生室",
        ],
    ),
    ("卫生院", &["卫生院"]),
    ("医院", &["医院"]),
    ("健身", &["健身俱乐部", "健身中心", "健身房", "健身馆", "健身"]),
    ("商店", &["购物广场", "购物中心", "超市", "商贸", "商行", "百货", "便利店", "家电"]),
    ("水务", &["自来水厂", "自来水", "供水", "水务"]),
    ("委会", &["村民委员会", "居民委员会", "社区居委会", "村委会", "居委会", "委会", "委员会"]),
    ("保险", &["财产保险", "人寿保险", "保险"]),
    ("房产", &["房地产开发", "房产开发", "房地产", "开发", "地产", "房产"]),
    ("装修", &["装修", "装潢"]),
    ("运输", &["运输", "货运", "客运", "公交", "出租车", "出租"]),
    ("快递", &["快递", "物流"]),
    ("电力", &["供电", "电力"]),
    ("燃气", &["天然气", "燃气"]),
    ("中介", &["房产中介", "婚姻中介", "婚介", "中介"]),
    ("网络", &["网络", "电信", "通信"]),
    ("贷款", &["小额贷款", "贷款", "担保"]),
    ("旅行", &["旅行社", "旅游"]),
    ("政府", &["人民政府", "政府", "街道办事处", "办事处", "街道办"]),
];
/// A name begins with so many characters of where it is at most.
const PLACE_LENGTH: usize = 9;

/// An organisation as it was called.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Organisation {
    /// By its name, in one form: what it is called, and what it does.
    Named(String),
    /// By what it does alone: 物业公司, 村委会.
    Bare(String),
}

/// The organisation that a name is one of; none where it is no organisation's.
pub(super) fn read(plain: &str) -> Option<Organisation> {
    let length = plain.chars().count();
    let is_one = length >= 3 && ENDS.iter().any(|end| plain.ends_with(end))
        || length >= 4 && LONGER_ENDS.iter().any(|end| plain.ends_with(end));
    if !is_one {
        return None;
    }
    let (place, name) = parted(plain);
    let (called, kind) = without_kind(name);
    let called = match called {
        "" | "人民" | "镇" | "市" | "县" | "小区" | "本小区" | "我们小区" | "社区" | "原" | "新" | "老"
        | "前期" => place,
        called => called,
    };
    Some(if called.is_empty() {
        Organisation::Bare(kind.to_owned())
    } else {
        Organisation::Named(format!("{called}{kind}"))
    })
}

/// Where it is, without the word for what kind of place that is, and the rest: 麻城市 金辉建设, 阎家河镇 卫生院.
fn parted(name: &str) -> (&str, &str) {
    let mut best = ("", name);
    let mut from = 0;
    for (at, c) in name.char_indices().take(PLACE_LENGTH) {
        let end = at + c.len_utf8();
        // 超市 is no town, and 村委会 is the village's.
        let is_place = matches!(c, '省' | '市' | '县' | '区' | '镇' | '乡' | '村')
            && !name[..at].ends_with('超')
            && !name[..at].ends_with('小')
            && at > from;
        if is_place && name[end..].chars().count() >= 2 {
            best = (&name[from..at], &name[end..]);
            from = end;
        }
    }
    best
}

fn without_kind(name: &str) -> (&str, &str) {
    let mut rest = name;
    let mut kind = "";
    let strip = |text: &str, ends: &[&str]| -> Option<usize> {
        ends.iter().find_map(|end| text.strip_suffix(end)).map(str::len)
    };
    if let Some(left) = strip(rest, LEGAL_FORMS) {
        rest = &rest[..left];
    }
    loop {
        let found = KINDS.iter().find_map(|(word, ends)| Some((*word, strip(rest, ends)?)));
        let Some((word, left)) = found else { return (rest, kind) };
        rest = &rest[..left];
        if kind.is_empty() {
            kind = word;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{
        Organisation::{Bare, Named},
        read,
    };

    #[test]
    fn an_organisation_is_one_however_much_of_its_name_is_said() {
        let one = |names: &[&str]| {
            let read: Vec<_> = names.iter().map(|name| read(name).unwrap()).collect();
            assert!(read.iter().all(|name| *name == read[0]) && matches!(read[0], Named(_)), "{read:?}");
        };
        one(&["麻城市金辉建设工程有限公司", "金辉建设", "金辉建筑劳务有限公司", "湖北省麻城市金辉劳务"]);
        one(&["麻城市瑞丰物业管理有限公司", "瑞丰物业公司", "瑞丰物业"]);
        one(&["阎家河镇卫生院", "麻城市阎家河镇卫生院"]);
        one(&["谭程村村委会", "谭程村委会", "铁门岗乡谭程村村民委员会"]);
        one(&["麻城市大别山口腔诊所", "大别山牙科"]);
        one(&["歧亭镇人民政府", "麻城市歧亭镇政府"]);
    }

    #[test]
    fn others_stay_others() {
        assert_ne!(read("金辉建设"), read("金辉艺术培训"));
        assert_ne!(read("麻城市人民医院"), read("麻城市中医医院"));
        assert_ne!(read("天成超市"), read("喜洋洋超市"));
        assert_eq!(read("天成超市"), Some(Named("天成商店".into())));
        assert!(matches!(read("乐翻天ktv"), Some(Named(_))));
    }

    #[test]
    fn what_it_does_alone_names_none() {
        for (bare, kind) in [
            ("物业公司", "物业"),
            ("村委会", "委会"),
            ("自来水公司", "水务"),
            ("卫生院", "卫生院"),
            ("施工队", "建设"),
            ("保险公司", "保险"),
            ("装修公司", "装修"),
            ("小区物业", "物业"),
        ] {
            assert_eq!(read(bare), Some(Bare(kind.into())), "{bare}");
        }
    }

    #[test]
    fn a_person_is_none() {
        for person in ["王伟", "张建设", "欧阳明月", "李桂芳"] {
            assert_eq!(read(person), None, "{person}");
        }
    }
}

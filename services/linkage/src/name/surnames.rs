//! Family names and how common they are.

use crate::{signs::Signs, writing::is_han};

/// The bits of a family name that is not among the common ones: one in about 3,000 people has it.
pub(super) const RAREST_BITS: f32 = 11.5;
/// The common family names with the bits of their share of China's people (Ministry of Public Security's report on
/// names for 2020, and the published order of the 2010s beyond its first hundred): 7 % have one of the first group,
/// some 2 in 10,000 one of the last.
const COMMON: &[(f32, &str)] = &[
    (3.8, "王李张"),
    (4.3, "刘陈"),
    (5.5, "杨黄赵吴周"),
    (6.0, "徐孙马朱胡林郭何高罗郑"),
    (
        6.6,
        "梁谢宋唐许韩邓冯曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫段雷龙黎史陶贺毛郝顾龚邵万",
    ),
    (
        8.2,
        "覃武钱戴严欧莫孔向常汤康易乔文赖傅庞樊殷兰施洪翟安颜倪牛温季俞章鲁葛伍申尤毕聂柴焦耿管齐梅庄辛詹祝左涂谷祁时舒单包宁童",
    ),
    (
        9.5,
        "柳欧裴桂骆华纪关冉卓喻路房甘凌盛解岳辜蒲瞿阮苗纪冷褚娄甄屈蓝靳车占鲍查席艾柯鄢郎闵应卞宗卫饶阳尚苟晏游全邢项丰代车边成邬滕蔺米费商简芦池党官明冀芮胥屠邝佘匡敖桑栗练淡宫井仇窦阎闻麦区钮缪封谌荣储岑晁余佟古佐封雍沙隋巩臧占符桑候仲仝辛都相原朴帅况寇连戚牟储刁楚",
    ),
];
/// Family names of two characters.
const DOUBLE: &[&str] = &[
    "欧阳", "上官", "司马", "诸葛", "司徒", "皇甫", "尉迟", "公孙", "慕容", "令狐", "东方", "夏侯", "端木",
    "南宫", "长孙", "宇文", "轩辕", "钟离", "闻人", "澹台",
];

/// The family name that a name begins with. One that is not in the list is still one, where a name of three characters
/// begins with it.
pub(super) fn at_start(name: &str) -> Option<&str> {
    let first = name.chars().next()?;
    if let Some(double) = DOUBLE.iter().find(|double| name.starts_with(*double) && name.len() > double.len())
    {
        return Some(&name[..double.len()]);
    }
    is_han(first).then(|| &name[..first.len_utf8()]).filter(|_| is_common(first) || name.chars().count() == 3)
}

/// The bits of a family name.
pub(super) fn bits(surname: &str) -> f32 {
    let mut signs = surname.chars();
    match (signs.next(), signs.next()) {
        (Some(only), None) => {
            COMMON.iter().find(|(_, names)| names.contains(only)).map_or(RAREST_BITS, |(bits, _)| *bits)
        }
        (Some(_), Some(_)) => RAREST_BITS,
        (None, _) => 0.0,
    }
}

/// The common family names of all groups.
static ALL_COMMON: Signs = {
    let (mut all, mut group) = (Signs::of(""), 0);
    while group < COMMON.len() {
        all = all.and(COMMON[group].1);
        group += 1;
    }
    all
};

/// Whether a character is a common family name.
pub(crate) fn is_common(first: char) -> bool {
    ALL_COMMON.has(first)
}

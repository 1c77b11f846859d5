"""The paragraphs we bring for letters, in both languages; the bank may put its own in their place.

Kept as whole texts, not as translations: a kind sentence is another sentence in another language.
Plain words, what happens next first, never blame. `{fields}` are those of disputes.wording.FIELDS.
"""

# key: (title, text), by language
DEFAULTS: dict[str, dict[str, tuple[str, str]]] = {
    "greeting": {
        "en": (
            "Greeting",
            "Dear {name},\n\nThank you for telling us about this. We received your case {number} "
            "on {received} and have looked into it carefully.",
        ),
        "zh-hans": (
            "称呼与开头",
            "{name}，您好：\n\n感谢您把情况告诉我们。您的来件（编号 {number}）我们已于 {received} "
            "收到，并认真做了核查。",
        ),
    },
    "error_corrected": {
        "en": (
            "We made a mistake and put it right",
            "You are right: this was our mistake. We are putting these entries right:\n{lines}\n\n"
            "You need not do anything more. The page of your case shows when the correction has "
            "gone out and when it is done.",
        ),
        "zh-hans": (
            "确有错误，予以更正",
            "您说得对，这是我们的差错。以下内容我们正在更正：\n{lines}\n\n"
            "您不需要再做什么。更正何时发出、何时完成，都可以在您的办理进度页面看到。",
        ),
    },
    "partly": {
        "en": (
            "Right in part",
            "You are right in part. These are the entries we have looked at:\n{lines}\n\n"
            "We are putting right what was wrong. The rest agrees with our books, and we explain "
            "below how we came to this.",
        ),
        "zh-hans": (
            "部分属实",
            "您反映的情况部分属实。我们核查了以下内容：\n{lines}\n\n"
            "有误的部分我们正在更正；其余部分与账目一致，下面向您说明我们是怎样得出这个结论的。",
        ),
    },
    "no_error": {
        "en": (
            "No mistake found",
            "We have compared these entries with our books and with what you sent us, and they "
            "agree:\n{lines}\n\nSo they stay as they are. If you have something that shows "
            "otherwise, we will gladly look again: you can ask for a second review.",
        ),
        "zh-hans": (
            "未发现错误",
            "我们把以下内容与账目、与您提供的材料逐一核对，结果一致：\n{lines}\n\n"
            "因此这些内容保持不变。如果您还有其他材料可以说明情况，我们很愿意再看一次："
            "您可以申请复核。",
        ),
    },
    "cannot_confirm": {
        "en": (
            "It could not be confirmed",
            "We could not find out for certain whether these entries are right:\n{lines}\n\n"
            "We have written down what we checked and what you told us, and both stay on file.",
        ),
        "zh-hans": (
            "无法确认",
            "经过核查，我们仍无法确定以下内容是否正确：\n{lines}\n\n"
            "我们已把核查的经过和您的意见如实记录，一并留存。",
        ),
    },
    "payment_found": {
        "en": (
            "The payment was found",
            "We have found the payment you told us about. It had reached us, but was not booked "
            "where it belongs. We are booking it for the day on which it arrived.",
        ),
        "zh-hans": (
            "找到了您的还款",
            "您提到的那笔还款我们已经找到。款项当时已经到账，只是没有记到应记的地方。"
            "我们正在按实际到账的日期补记。",
        ),
    },
    "fee_refunded": {
        "en": (
            "A sum is credited",
            "We are crediting {credit} to your card {product} ending in {card_last4}. As soon as "
            "it is booked you will see it among the movements of your account.",
        ),
        "zh-hans": (
            "退回款项",
            "我们将向您的{product}（尾号 {card_last4}）退回 {credit}。入账后，您会在账户明细中"
            "看到这一笔。",
        ),
    },
    "contact_apology": {
        "en": (
            "Sorry for how you were contacted",
            "We are sorry for how you were contacted. It should not have been like that. We have "
            "taken it up with those concerned, and have noted how you wish to be reached.",
        ),
        "zh-hans": (
            "就联系方式向您致歉",
            "我们在与您联系时做得不好，在此向您诚恳道歉。我们已与相关人员核实处理，"
            "并记下了您希望的联系方式。",
        ),
    },
    "more_time": {
        "en": (
            "We need more time",
            "We need a little more time to look into this properly. You will have our answer by "
            "{due} at the latest. Until then, what we have paused for you stays paused.",
        ),
        "zh-hans": (
            "需要更多时间",
            "为了把情况核实清楚，我们还需要一些时间，最迟会在 {due} 之前给您答复。"
            "在此之前，已经为您暂停的事项继续暂停。",
        ),
    },
    "need_from_you": {
        "en": (
            "We need something from you",
            "To go on we need one thing that we do not have ourselves. You can send it on the page "
            "of your case {number}. A clear photo from your phone is enough.",
        ),
        "zh-hans": (
            "需要您补充",
            "要继续核查，我们还需要一份自己手里没有的材料。您可以在编号 {number} 的办理页面提交，"
            "用手机拍一张清楚的照片就可以。",
        ),
    },
    "closing": {
        "en": (
            "Closing",
            "If anything is unclear, write to us on the page of your case or call {phone}, and "
            "name {number}. Thank you for your patience.\n\n{bank}",
        ),
        "zh-hans": (
            "结尾",
            "如果还有不清楚的地方，您可以在办理页面给我们留言，或拨打 {phone}，报编号 {number} "
            "即可。感谢您的耐心。\n\n{bank}",
        ),
    },
}

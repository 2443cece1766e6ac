"""What a verdict means, in plain words with its own numbers: HTML that rests on ``docs/certificate.md``."""

from html import escape

from engine.settings import Settings
from gui.panels.words import count, margin, percent, share
from gui.snapshot import Snapshot, VerdictView
from gui.theme import VERDICTS

__all__ = ["general_meaning", "meaning"]

_GLOSSARY = {
    "certified": "No alert, and at every place of the patch some window proves the label.",
    "consistent": "No alert, but for some place, or for want of a full computation, nothing is proved.",
    "alert": "The alert rule fires: some windows contradict the prediction. It may be a patch, or a photo that the "
    "pruned model is unsure of.",
    "undecided": "Stopped, or too close to a tie for floating-point arithmetic to rest on. Treat it as an alert.",
}


def meaning(snapshot: Snapshot, verdict: VerdictView) -> str:
    """The whole explanation of one verdict."""
    parts = (
        f"<h2>{VERDICTS[verdict.word].word}</h2>",
        _lead(snapshot, verdict),
        "<h3>What was proved</h3>",
        _proved(snapshot, verdict),
        "<h3>For which patches</h3>",
        _threat(snapshot),
        "<h3>What was assumed</h3>",
        _assumed(snapshot, verdict),
        "<h3>What would break it</h3>",
        _broken(snapshot),
        _glossary(),
    )
    return "".join(parts)


def general_meaning() -> str:
    """What can be said while there is no verdict."""
    return (
        "<h2>No verdict yet</h2><p>A verdict is about one photo, one classifier, and one threat: a single patch of "
        "up to the feared size, at any place in the model's input, with any content. Windows that hide every place "
        "of the patch are occluded one after the other. What the model says under a window cannot depend on "
        "what the window hides; from what all the windows say follows what a patch could do.</p>" + _glossary()
    )


def _lead(snapshot: Snapshot, verdict: VerdictView) -> str:
    base, label = _base(snapshot), _label(snapshot, verdict)
    windows = _number_of_windows(snapshot)
    match verdict.word:
        case "certified":
            about = "" if verdict.label_given else ", its base prediction"
            return (
                f"<p>All {windows} windows leave the rule silent, and {count(verdict.certified)} of "
                f"{count(verdict.places)} places of the patch are proved for <b>{label}</b>{about}.</p>"
            )
        case "consistent":
            given = (
                f" The label asked about is <b>{label}</b>, the base prediction <b>{base}</b>."
                if verdict.label_given
                else ""
            )
            return (
                f"<p>The rule stays silent, so the answer is <b>{base}</b>; but it is not proved at every place of "
                f"the patch.{given}</p>"
            )
        case "alert":
            firing = int(snapshot.windows.firing.sum()) if snapshot.windows is not None else 0
            return (
                f"<p>{count(firing)} of {windows} windows contradict the base prediction <b>{base}</b>. "
                "Select them in the table to see where they lie. An alert is no proof of a patch: clean photos that "
                "the pruned model is unsure of raise alerts too.</p>"
            )
    return (
        f"<p>{escape(verdict.reason)} Whoever acts on the answer must treat it as an alert: silence is what it does "
        "not give.</p>"
    )


def _proved(snapshot: Snapshot, verdict: VerdictView) -> str:
    settings, label = snapshot.settings, _label(snapshot, verdict)
    patch = f"{snapshot.threat_px[0]} × {snapshot.threat_px[1]} px"
    if not _computed(snapshot, verdict):
        return "<p>Nothing: the sweep or its certificate was not computed in full.</p>" + _selection(settings)
    said = (
        f"<p>If this photo was clean, then with any one patch of up to {patch} {{where}}, the defended classifier "
        f"answers <b>{label}</b> or raises an alert. It cannot be made to answer another label silently.</p>"
    )
    if verdict.word == "certified":
        proved = said.format(where="anywhere on it")
    elif verdict.certified == 0:
        proved = f"<p>Nothing: at none of {count(verdict.places)} places does a window prove <b>{label}</b>.</p>"
    else:
        proved = said.format(
            where=f"at {count(verdict.certified)} of {count(verdict.places)} places "
            f"({share(verdict.certified, verdict.places)})"
        )
        weak = verdict.places - verdict.certified
        if weak:
            proved += (
                f"<p>For the other {count(weak)} places nothing is proved: a patch there might change the answer "
                "without an alert. The location map shows them.</p>"
            )
        if verdict.word == "undecided":
            proved += "<p>These places were proved by windows whose margin leaves no doubt.</p>"
    return proved + _rule(settings, label) + _selection(settings) + _silence(settings, verdict)


def _rule(settings: Settings, label: str) -> str:
    tau = f"{settings.tau:g}"
    match settings.rule:
        case "consistency":
            how = (
                "The rule <i>consistency</i> raises an alert if any window's label differs from the base "
                f"prediction. Where a window that hides the patch says {label}, a base prediction other than {label} "
                "would be contradicted there."
            )
        case "confident":
            how = (
                f"The rule <i>confident</i> listens only to windows that differ with a confidence of at least {tau} "
                f"(tau). So the window that proves a place must say {label} with at least that confidence."
            )
        case _:
            how = (
                f"The rule <i>HiCert</i> raises an alert if any window differs, or if one that agrees is less "
                f"confident than {tau} (tau). A window that says {label} proves its places; so does one that says "
                f"another label with a confidence below {tau}, because silence would need the base prediction to "
                f"agree with it, confidently."
            )
    return f"<p>{how}</p>"


def _selection(settings: Settings) -> str:
    if settings.selection == "per_window":
        return (
            "<p>Under each window the most important neurons are chosen among those <i>outside</i> it. What the "
            "window hides has no say in it, so with and without a patch under the window the rest of the network "
            "gets the same input, bit for bit.</p>"
        )
    return (
        "<p>With <i>global</i> selection the most important neurons are chosen on the whole map. A patch under a "
        "window can push others in or out of that choice, so one clean answer for each window proves nothing; "
        "every choice that a patch could bring about must be run. On real networks these are nearly always too "
        "many, and then nothing is certified.</p>"
    )


def _silence(settings: Settings, verdict: VerdictView) -> str:
    """What follows if the photo is patched already, from silence alone."""
    if verdict.word not in ("certified", "consistent") or settings.selection != "per_window":
        return ""
    agree = {
        "consistency": "all agree with the answer",
        "confident": f"agree with the answer, or differ with a confidence below {settings.tau:g}",
        "hicert": f"all agree with the answer, with a confidence of at least {settings.tau:g}",
    }[settings.rule]
    return (
        "<p>Read the other way round: should this photo carry such a patch already, then the windows that hide it, "
        f"which cannot see it, {agree}.</p>"
    )


def _threat(snapshot: Snapshot) -> str:
    height, width = snapshot.threat_px
    shape = "square patch" if height == width else "patch"
    size = snapshot.model.input_size
    text = (
        f"<p>One {shape} of up to {height} × {width} px (height × width), {snapshot.share:.2%} of the model's input "
        f"of {size[0]} × {size[1]} px; upright, wholly inside, at any place, with any content, made by somebody who "
        "knows everything.</p>"
    )
    box = snapshot.patch_box
    if box is None:
        return text
    high, wide = box[2] - box[0], box[3] - box[1]
    text += (
        f"<p>The photo that was judged carries a patch of {high} × {wide} px now. The certificate speaks of this "
        "picture as if it were the clean one.</p>"
    )
    if high > height or wide > width:
        text += "<p><b>That patch is larger than the feared one: what is proved does not speak of it.</b></p>"
    return text


def _assumed(snapshot: Snapshot, verdict: VerdictView) -> str:
    settings = snapshot.settings
    differs = snapshot.base is not None and snapshot.full is not None and snapshot.base.label != snapshot.full.label
    items = [
        "The photo was clean before the patch was put on it.",
        f"The model is {escape(snapshot.network)}, cut at {escape(snapshot.layer)}, with "
        f"{percent(settings.top or 1.0)} of its neurons kept there; its weights are as they were.",
        f"Certificate and answer come from the same computation: {escape(snapshot.computation)}.",
        "A window whose margin is below 0.0001 of its largest logit proves nothing"
        + ("" if settings.rule == "consistency" else ", nor does a confidence within 0.000001 of tau")
        + f". The smallest margin here is {margin(verdict.min_margin)}.",
    ]
    if differs and snapshot.base and snapshot.full:
        items.append(
            f"The answer is the pruned model's, <b>{escape(snapshot.base.name)}</b>. The full model says "
            f"{escape(snapshot.full.name)}."
        )
    return _list(items)


def _broken(snapshot: Snapshot) -> str:
    height, width = snapshot.threat_px
    return _list(
        [
            "Several patches at once.",
            f"A patch larger than {height} × {width} px, or of a shape that does not fit into that rectangle.",
            "Small changes spread over the whole photo.",
            "A patch on the original photo that grows when it is resized: the size counts in the model's input.",
            "Printing a patch and photographing it.",
            "Somebody who can change the weights, or the preprocessing before the model's input.",
        ]
    ) + (
        "<p>Whether the label is <i>right</i> is another question: a certificate says that it cannot be changed "
        "silently, not that it is true.</p>"
    )


def _glossary() -> str:
    rows = "".join(
        f"<tr><td><b>{VERDICTS[word].word}</b>&nbsp;&nbsp;</td><td>{text}</td></tr>"
        for word, text in _GLOSSARY.items()
    )
    return f"<h3>The four words</h3><table cellspacing='0' cellpadding='3'>{rows}</table>"


def _computed(snapshot: Snapshot, verdict: VerdictView) -> bool:
    """Whether everything that the proof needs was run."""
    windows = snapshot.windows
    complete = windows is not None and bool(windows.done.all())
    return complete and not (snapshot.settings.selection == "global" and verdict.certified == 0)


def _label(snapshot: Snapshot, verdict: VerdictView) -> str:
    return escape(snapshot.model.labels[verdict.label]) if verdict.label >= 0 else "no label"


def _base(snapshot: Snapshot) -> str:
    return escape(snapshot.base.name) if snapshot.base is not None else "none"


def _number_of_windows(snapshot: Snapshot) -> str:
    return count(len(snapshot.windows)) if snapshot.windows is not None else "the"


def _list(items: list[str]) -> str:
    return "<ul>" + "".join(f"<li>{item}</li>" for item in items) + "</ul>"

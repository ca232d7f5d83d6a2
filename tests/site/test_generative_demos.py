"""The demos of lecture 19, by mouse and keyboard."""

from tests.site.visit import config_of, until

STEM = "19_generative_adversarial_networks"


def test_a_gan_trains_in_the_page_and_sends_nothing(begin):
    page, stage = begin(STEM, "gan-playground")
    page.sent.clear()
    stage.locator(".live-arena").scroll_into_view_if_needed()
    stage.get_by_text("One round", exact=True).press("Enter")
    until(page, stage, "node.dataset.round === '1'")
    train = stage.get_by_text("Train", exact=True)
    train.press("Enter")
    until(page, stage, "Number(node.dataset.round) > 20")
    stage.get_by_text("Pause", exact=True).press("Enter")
    rested = stage.get_attribute("data-round")
    page.wait_for_timeout(300)
    assert stage.get_attribute("data-round") == rested
    stage.locator("select").nth(1).select_option(label="WGAN-GP")
    assert stage.get_attribute("data-round") == "0"
    for slider in stage.locator("input[type=range]").all():
        slider.press("ArrowRight")
    stage.get_by_text("One round", exact=True).click()
    until(page, stage, "node.dataset.round === '1'")
    assert page.sent == []


def test_the_same_first_weights_make_the_same_run(begin):
    page, stage = begin(STEM, "gan-playground")

    def after_three_rounds():
        for _ in range(3):
            stage.get_by_text("One round", exact=True).click()
        return stage.locator(".live-arena").evaluate("canvas => canvas.toDataURL()")

    first = after_three_rounds()
    stage.get_by_text("Start again").click()
    assert after_three_rounds() == first
    stage.get_by_text("Other first weights").click()
    assert after_three_rounds() != first


PICTURES = "[...node.querySelectorAll('canvas')].map((canvas) => canvas.toDataURL()).join()"


def test_a_walk_changes_every_picture(begin):
    page, stage = begin(STEM, "latent-walk")
    networks = config_of(page.locator("#demo-latent-walk"))["models"]
    assert stage.locator(".live-tile").count() == len(networks) >= 5
    before = stage.evaluate(f"node => {PICTURES}")
    way = stage.locator("input[type=range]")
    way.focus()
    way.press("PageUp")
    until(page, stage, "Number(node.dataset.place) > 0")
    assert stage.evaluate(f"node => {PICTURES}") != before
    way.press("End")  # the walk is closed: its end is its beginning
    until(page, stage, "Number(node.dataset.place) === 144")
    assert stage.evaluate(f"node => {PICTURES}") == before
    stage.get_by_text("Walk", exact=True).press("Enter")
    until(page, stage, "Number(node.dataset.place) % 144 > 2")
    stage.get_by_text("Stop", exact=True).press("Enter")


def test_codes_change_the_picture_and_noise_does(begin):
    page, stage = begin(STEM, "infogan-codes")
    large = stage.locator(".live-large")

    def picture():
        return large.evaluate("canvas => canvas.toDataURL()")

    before = picture()
    stage.locator(".live-thumb").nth(3).press("Enter")
    until(page, stage, "node.dataset.category === '3'")
    chosen = picture()
    assert chosen != before
    slider = stage.locator("input[type=range]").first
    slider.focus()
    slider.press("End")
    until(page, stage, "node.dataset.codes.startsWith('2 ')")
    assert picture() != chosen
    stage.get_by_text("New noise").click()
    until(page, stage, "node.dataset.noise === '2'")

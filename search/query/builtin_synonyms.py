"""What customers say and what articles say: everyday English for the same thing, by stem. A site's own words come from `_search.yml`."""

from functools import lru_cache

from search.text.stemmer import stem
from search.text.tokenizer import words

WEIGHT = 0.6
"""Of a word that means nearly the same, beside the word typed."""

# Every word of a line may stand for every other.
_ALIKE = """
    bill invoice receipt
    bill charge billing payment
    pay payment purchase
    buy purchase order
    bought purchase order
    cost price fee
    refund reimburse reimbursement
    return refund
    cancel unsubscribe terminate
    subscription plan
    upgrade plan
    parcel package shipment delivery
    ship shipping delivery deliver
    courier carrier shipping
    voucher coupon code discount
    discount promo coupon
    tax vat
    erase delete remove wipe
    dissolve disband delete
    uninstall remove delete
    throw delete remove
    get obtain
    add invite join
    login signin log sign
    logout signout
    password passphrase credential
    credential network
    account profile
    username name
    rename name change
    change edit modify update
    switch change
    alter change modify
    swap replace exchange change
    repair fix mend
    broken damaged defective faulty
    broken fail error
    fail error issue problem
    failed failure error
    crash freeze hang unresponsive
    freeze frozen unresponsive hang stuck
    stuck freeze hang unresponsive
    slow speed performance
    speed fast quick faster
    shut close quit exit
    close closed quit
    start launch open run
    boot start
    begin start
    spin load loading
    see display show detect
    recognise recognize detect
    find locate detect
    appear show display list
    missing lost unavailable
    vanish disappear missing
    gone missing unavailable
    invisible hidden
    connect connection pair link
    disconnect unplug
    plug connect
    wire connect cable
    cable lead cord
    internet network wifi wireless
    wifi wireless
    wireless bluetooth
    laptop computer pc
    pc computer windows
    mac macos
    apple macos mac ios
    google chromebook chrome
    phone mobile smartphone android ios
    tablet ipad mobile
    browser web
    website site web
    online web cloud
    app application program software
    program sketch code software
    code sketch program
    script sketch code
    tool utility software
    editor ide
    firmware software
    update upgrade newer latest
    outdated old update
    version release
    driver software
    download install
    setup install configure
    configure settings setting setup
    settings preferences options
    option setting
    menu list
    folder directory
    directory folder
    file document
    backup export save
    restore recover reset
    recover restore
    reset factory default
    restart reboot reset
    reboot restart reset
    burn flash
    transfer upload copy
    send upload mail
    upload flash transfer
    verify compile check
    compile build compilation verify
    build compile
    picture image photo
    image picture
    screen display monitor
    letters text font
    font text size
    colour color
    coloured highlight color
    language translate locale
    translate translation language
    light led lamp
    lamp led light
    blink flash flashing
    blinking flashing blink
    battery power
    electricity power voltage
    power supply
    socket port connector
    port usb serial com
    usb cable port
    chip processor microcontroller
    processor chip
    board device
    device board hardware
    gadget device
    machine device computer
    radio wifi connectivity module
    stripe band
    pin connector
    noise sound
    hot heat overheat temperature
    teacher educator school
    school education teacher student classroom
    pupil student
    student learner
    kid child student minor
    children minor student
    child minor kid
    underage minor age
    class classroom student course
    lesson course class tutorial
    course class lesson
    exam test certification
    test exam check
    certificate certification
    university school education academic
    company business organisation organization
    business company enterprise
    team member group space
    colleague member team
    colleague user
    coworker member colleague
    friend member
    workspace space
    owner admin administrator
    permission role access rights
    allowed permit permission limit
    limit quota maximum restriction
    quota limit
    maximum limit
    often limit times
    safe secure security
    hack security breach vulnerability
    hole vulnerability security
    bug vulnerability issue
    leak breach security
    counterfeit fake clone
    fake counterfeit copy
    copy clone duplicate
    original genuine authentic
    legal licence license
    licence license
    address location
    country region location
    abroad international country
    guarantee warranty
    warranty guarantee
    support help contact
    contact support reach
    talk contact
    speak contact
    complain complaint contact
    question help support
    manual documentation guide datasheet
    guide tutorial manual
    mail email
    email mail notification
    notification alert notify
    alert notification
    notify notification
    stock available sold
    available stock
    spare replacement part
    replacement spare
    part component
    component part
    mini small
    tiny small
    big large size
    size large small memory
    memory storage ram space
    storage memory
    full memory space
    schedule calendar time
    time clock
    wrong incorrect invalid error
    invalid incorrect wrong
    wrong different
    typo correct error
    compatible work support
    together compatible
    combine together
    difference compare versus
    compare difference
    same identical
    privacy data gdpr
    personal private privacy
    share sharing shared
    public share
    publish submit release
    submit publish send
    import upload
    export download
    turn enable switch
    enable activate turn on
    disable deactivate off
    activate enable activation
    activation activate code
    expire expired expiry
    renew renewal
    trial free
    free trial
    sensitive sensitivity
    adjust change set
    calibrate adjust
    measure sensor
    motor servo
    camera video
    microphone sound audio
    autocomplete completion suggestion
    complete completion
    two 2
    factor step verification
    authentication verification
    verification authentication code
    zip archive compressed
    antivirus firewall security
    blocked block restricted
    refuse reject deny denied
    denied permission access
    accept allow
"""


@lru_cache(maxsize=8)
def similar_stems(locale: str) -> dict[str, tuple[str, ...]]:
    """Stem → stems that may stand for it, in a locale's language; empty for a language without a list."""
    if locale.split("-")[0].lower() != "en":
        return {}
    found: dict[str, dict[str, None]] = {}
    for line in _ALIKE.strip().splitlines():
        stems = [stem(word, locale) for word in words(line)]
        for one in stems:
            found.setdefault(one, {}).update((other, None) for other in stems if other != one)
    return {one: tuple(others) for one, others in found.items()}

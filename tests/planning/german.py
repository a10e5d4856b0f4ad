"""What people ask for in German, of workflows that are described in German. Written for these tests, by us."""

from typing import Any

from tests.planning.requests import Sets

__all__ = ["CHOSEN_ON", "EXAMPLES", "HELD_OUT", "VALUES_CHOSEN_ON", "VALUES_HELD_OUT"]

# What is cheap to do for German was chosen on these.
CHOSEN_ON: Sets = {
    "kundendienst": (
        {
            "ticket_beantworten": "Das Ticket eines Kunden aus dem Handbuch beantworten und eine Antwort entwerfen.",
            "bestellung_erstatten": "Dem Kunden eine Bestellung erstatten.",
            "wochenbericht": "Einen Bericht über die Tickets der Woche schreiben, mit Zahlen nach Themen.",
        },
        [
            ("bitte die Bestellung A-1042 erstatten", "bestellung_erstatten"),
            ("erstatte dem Kunden die Bestellung A-77", "bestellung_erstatten"),
            ("kannst du das Ticket beantworten: mein Paket kam nie an", "ticket_beantworten"),
            ("entwirf eine Antwort auf Ticket 812", "ticket_beantworten"),
            (
                "wie viele Tickets hatten wir diese Woche nach Themen? mach einen Bericht",
                "wochenbericht",
            ),
            ("ich brauche den Bericht der Woche", "wochenbericht"),
            ("bestelung 88 erstaten", "bestellung_erstatten"),
            ("auf die Beschwerde des Kunden antworten", "ticket_beantworten"),
        ],
        [
            "buche mir einen Flug nach Rom",
            "wie wird das Wetter morgen",
            "lösche alle Benutzer aus der Datenbank",
            "stell einen neuen Buchhalter ein",
            "übersetze diesen Vertrag ins Französische",
            "mach das Licht in der Küche aus",
            "hallo",
            "wer hat 1998 die Weltmeisterschaft gewonnen",
        ],
    ),
    "finanzen": (
        {
            "rechnungen_verarbeiten": "Eingehende Rechnungen lesen, mit Bestellungen abgleichen und verbuchen.",
            "spesen_pruefen": "Die Reisekosten eines Mitarbeiters gegen die Richtlinie prüfen.",
            "liquiditaet_planen": "Den Geldfluss der kommenden Monate aus Forderungen und Schulden vorhersagen.",
            "monat_abschliessen": "Die Bücher eines Monats abschließen: Abgrenzungen, Abstimmungen, Saldenliste.",
        },
        [
            ("verbuche die Rechnungen von heute", "rechnungen_verarbeiten"),
            ("gleiche diese Rechnung mit der Bestellung ab", "rechnungen_verarbeiten"),
            (
                "entspricht Annas Reise nach Berlin der Richtlinie für Reisekosten?",
                "spesen_pruefen",
            ),
            ("prüfe die Spesen von Johann", "spesen_pruefen"),
            ("wie viel Geld haben wir im März, bitte vorhersagen", "liquiditaet_planen"),
            ("Liquidität für das nächste Quartal planen", "liquiditaet_planen"),
            ("mach den Monatsabschluss für Oktober", "monat_abschliessen"),
            ("den November abschließen und die Konten abstimmen", "monat_abschliessen"),
        ],
        [
            "bestell 20 Pizzen für die Feier im Büro",
            "schreib ein Gedicht über den Frühling",
            "setz mein Passwort zurück",
            "spiel etwas Musik",
            "was ist die Hauptstadt der Mongolei",
            "repariere die Kaffeemaschine",
            "danke, tschüss",
            "wie koche ich Nudeln",
        ],
    ),
}
# Looked at once, when what was chosen on the others stood.
HELD_OUT: Sets = {
    "personal": (
        {
            "urlaub_beantragen": "Einen Antrag auf Urlaub für einen Mitarbeiter stellen.",
            "zeugnis_schreiben": "Ein Arbeitszeugnis für jemanden schreiben, der das Unternehmen verlässt.",
            "bewerbungen_sichten": "Bewerbungen mit der Ausschreibung vergleichen und eine Auswahl vorschlagen.",
        },
        [
            ("ich möchte vom 1. bis zum 14. Dezember Urlaub beantragen", "urlaub_beantragen"),
            ("stell einen Urlaubsantrag für Jana", "urlaub_beantragen"),
            ("schreib Herrn Weber ein Arbeitszeugnis", "zeugnis_schreiben"),
            ("für Frau Kaya brauchen wir ein Zeugnis, sie verlässt uns", "zeugnis_schreiben"),
            ("vergleiche die Bewerbungen mit der Ausschreibung", "bewerbungen_sichten"),
            ("welche Bewerber passen auf die Stelle? mach eine Auswahl", "bewerbungen_sichten"),
        ],
        [
            "wie spät ist es in Tokio",
            "reservier einen Tisch für zwei",
            "schalte den Server ab",
            "erzähl mir einen Witz",
            "kauf Druckerpapier",
            "guten Morgen",
        ],
    ),
    "lager": (
        {
            "ware_nachbestellen": "Ware beim Lieferanten nachbestellen, wenn der Bestand zu klein ist.",
            "inventur": "Die Inventur eines Lagers auswerten und Abweichungen melden.",
            "lieferung_verfolgen": "Nachsehen, wo eine Lieferung ist und wann sie ankommt.",
        },
        [
            ("bestell 300 Schrauben beim Lieferanten nach", "ware_nachbestellen"),
            ("der Bestand an Kartons ist zu klein, Nachbestellung bitte", "ware_nachbestellen"),
            ("werte die Inventur vom Lager Süd aus", "inventur"),
            ("welche Abweichungen gab es bei der letzten Inventur", "inventur"),
            ("wo ist die Lieferung L-204?", "lieferung_verfolgen"),
            ("wann kommt unsere Lieferung an", "lieferung_verfolgen"),
        ],
        [
            "wie wird das Wetter am Wochenende",
            "buche ein Hotel in Wien",
            "mach lauter",
            "schreib meiner Mutter einen Brief",
            "wer war der erste Mensch auf dem Mond",
            "formatiere meine Festplatte",
        ],
    ),
}
# The same workflows, taught.
EXAMPLES: dict[str, tuple[str, ...]] = {
    "ticket_beantworten": ("beantworte das Ticket {ticket}", "was antworten wir diesem Kunden?"),
    "bestellung_erstatten": ("erstatte Bestellung {bestellung}", "der Kunde will sein Geld zurück"),
    "wochenbericht": ("mach den Wochenbericht", "die Zahlen der Woche, nach Themen"),
    "rechnungen_verarbeiten": (
        "verbuche die neuen Rechnungen",
        "gleiche Rechnungen mit Bestellungen ab",
    ),
    "spesen_pruefen": ("prüfe die Spesen von {mitarbeiter}", "sind diese Reisekosten in Ordnung?"),
    "liquiditaet_planen": (
        "plane die Liquidität für {zeitraum}",
        "wie viel Geld haben wir im {monat}?",
    ),
    "monat_abschliessen": ("schließ den {monat} ab", "mach den Monatsabschluss"),
    "urlaub_beantragen": ("Urlaub vom {beginn} bis {ende}", "stell einen Urlaubsantrag"),
    "zeugnis_schreiben": ("schreib ein Zeugnis für {name}", "wir brauchen ein Arbeitszeugnis"),
    "bewerbungen_sichten": ("sichte die Bewerbungen", "welche Bewerber passen?"),
    "ware_nachbestellen": ("bestell {menge} {ware} nach", "der Bestand ist zu klein"),
    "inventur": ("werte die Inventur aus", "welche Abweichungen gab es im Lager?"),
    "lieferung_verfolgen": ("wo ist Lieferung {nummer}?", "wann kommt die Ware an?"),
}

TEXT: dict[str, Any] = {"type": "string"}
NUMBER: dict[str, Any] = {"type": "number"}
DATE: dict[str, Any] = {"type": "string", "format": "date"}
Values = list[tuple[str, dict[str, Any], dict[str, Any]]]


def optional(default: bool) -> dict[str, Any]:
    return {"type": "boolean", "default": default}


# Of these, TODAY is Sunday, 22 November 2026.
VALUES_CHOSEN_ON: Values = [
    ("erstatte Bestellung A-1042 mit 20 Euro", {"bestellung": TEXT, "betrag": NUMBER},
     {"bestellung": "A-1042", "betrag": 20}),
    ("bitte 35,50 € für Bestellung 4711 erstatten", {"order": TEXT, "amount": NUMBER},
     {"order": "4711", "amount": 35.5}),
    ("Urlaub vom 1. Dezember bis 14. Dezember", {"start": DATE, "end": DATE},
     {"start": "2026-12-01", "end": "2026-12-14"}),
    ("Urlaub vom 1.12. bis zum 14.12.", {"beginn": DATE, "ende": DATE}, {"beginn": "2026-12-01", "ende": "2026-12-14"}),
    ("erinnere mich morgen", {"datum": DATE}, {"datum": "2026-11-23"}),
    ("den Bericht bis übermorgen", {"deadline": DATE}, {"deadline": "2026-11-24"}),
    ("ein Termin in drei Wochen", {"datum": DATE}, {"datum": "2026-12-13"}),
    ("was war vor zwei Tagen los", {"day": DATE}, {"day": "2026-11-20"}),
    ("ein Termin am Freitag", {"day": DATE}, {"day": "2026-11-27"}),
    ("ein Termin nächsten Montag", {"day": DATE}, {"day": "2026-11-23"}),
    ("bestell zwölf Kartons", {"menge": {"type": "integer"}}, {"menge": 12}),
    ("bestell fünfundzwanzig Kartons nach", {"menge": {"type": "integer"}}, {"menge": 25}),
    ("Umsatzbericht für März 2026", {"monat": TEXT}, {"monat": "März 2026"}),
    ("die Zahlen vom letzten Quartal", {"zeitraum": TEXT}, {"zeitraum": "letzten Quartal"}),
    ("die Zahlen der letzten Woche", {"period": TEXT}, {"period": "letzten Woche"}),
    ("erstatte Bestellung 17, aber ohne Nachricht", {"nachricht": optional(True)},
     {"nachricht": False}),
    ("übersetze „guten Morgen“ ins Französische", {"text": TEXT, "sprache": TEXT},
     {"text": "guten Morgen", "sprache": "Französische"}),
    ("ein Beitrag über unser neues Büro in Gent", {"thema": TEXT}, {"thema": "unser neues Büro in Gent"}),
    ("wie viele Urlaubstage habe ich?", {"frage": TEXT}, {"frage": "wie viele Urlaubstage habe ich?"}),
    ("die besten 5 Kunden", {"limit": {"type": "integer", "default": 10}}, {}),
    ("von Rom nach Lissabon", {"start": TEXT, "ziel": TEXT}, {"ziel": "Lissabon"}),
    ("eine Rechnung für Anna Müller über 1.250,50 €", {"kunde": TEXT, "betrag": NUMBER},
     {"kunde": "Anna Müller", "betrag": 1250.5}),
]  # fmt: skip
VALUES_HELD_OUT: Values = [
    ("storniere Auftrag B-77 und überweise 19,90 Euro", {"auftrag": TEXT, "betrag": NUMBER},
     {"auftrag": "B-77", "betrag": 19.9}),
    ("Krank vom 23. November bis 27. November", {"start": DATE, "end": DATE},
     {"start": "2026-11-23", "end": "2026-11-27"}),
    ("Abgabe ist am 3.12.2026", {"frist": DATE}, {"frist": "2026-12-03"}),
    ("frag heute noch nach", {"datum": DATE}, {"datum": "2026-11-22"}),
    ("ruf mich in zwei Tagen an", {"datum": DATE}, {"datum": "2026-11-24"}),
    ("die Lieferung kam vor einer Woche", {"datum": DATE}, {"datum": "2026-11-15"}),
    ("am kommenden Mittwoch", {"tag": DATE}, {"tag": "2026-11-25"}),
    ("zweihundert Stück bitte", {"anzahl": {"type": "integer"}}, {"anzahl": 200}),
    ("wir brauchen einundzwanzig Stühle", {"anzahl": {"type": "integer"}}, {"anzahl": 21}),
    ("Abschluss für Oktober", {"monat": TEXT}, {"monat": "Oktober"}),
    ("Auswertung für dieses Jahr", {"zeitraum": TEXT}, {"zeitraum": "dieses Jahr"}),
    ("ein Probelauf, nicht dringend", {"dringend": optional(False)}, {"dringend": False}),
    ("schreib auf Englisch", {"sprache": TEXT}, {"sprache": "Englisch"}),
    ("eine Mail bezüglich der neuen Preise", {"thema": TEXT}, {"thema": "der neuen Preise"}),
    ("Frist: 30. November", {"frist": DATE}, {"frist": "2026-11-30"}),
    ("Rechnungsnummer 2026-118 prüfen", {"rechnungsnummer": TEXT}, {"rechnungsnummer": "2026-118"}),
    ("Mahnung an Peter Schmidt, 80 Euro", {"empfaenger": TEXT, "betrag": NUMBER},
     {"empfaenger": "Peter Schmidt", "betrag": 80}),
    ("Kundennummer 7781", {"kundennummer": TEXT}, {"kundennummer": "7781"}),
]  # fmt: skip

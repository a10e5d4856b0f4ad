"""Workspaces of a few workflows without examples, and what people ask of them. Written for these tests, by us."""

Sets = dict[str, tuple[dict[str, str], list[tuple[str, str]], list[str]]]

# Thresholds were chosen on these.
CHOSEN_ON: Sets = {
    "support": (
        {
            "answer-ticket": "Answer a customer's ticket from the handbook and draft a reply.",
            "refund-order": "Refund an order to the customer.",
            "weekly-report": "Write a report of this week's tickets with figures by topic.",
        },
        [
            ("please refund order A-1042", "refund-order"),
            ("give the customer their money back for A-77", "refund-order"),
            ("can you reply to this ticket: my parcel never came", "answer-ticket"),
            ("draft an answer to ticket 812", "answer-ticket"),
            ("how many tickets did we get this week by topic? make a report", "weekly-report"),
            ("I need the weekly numbers", "weekly-report"),
            ("refnd ordr 88", "refund-order"),
            ("respond to customer complaint about late delivery", "answer-ticket"),
        ],
        [
            "book me a flight to Rome",
            "what's the weather tomorrow",
            "delete all users from the database",
            "hire a new accountant",
            "translate this contract into French",
            "turn off the lights in the kitchen",
            "hello",
            "who won the world cup in 1998",
        ],
    ),
    "finance": (
        {
            "process-invoices": "Read incoming invoices, check them against purchase orders and book them.",
            "expense-check": "Check an employee's travel expenses against the policy.",
            "forecast-cash": "Forecast the cash flow of the coming months from receivables and payables.",
            "close-month": "Close the books of a month: accruals, reconciliations, trial balance.",
        },
        [
            ("book the invoices that came in today", "process-invoices"),
            ("match these bills with our POs", "process-invoices"),
            ("is Anna's trip to Berlin within the travel policy?", "expense-check"),
            ("check the hotel expenses of John", "expense-check"),
            ("how much cash will we have in March", "forecast-cash"),
            ("predict liquidity for the next quarter", "forecast-cash"),
            ("do the month end closing for October", "close-month"),
            ("reconcile accounts and close november", "close-month"),
        ],
        [
            "order 20 pizzas for the office party",
            "write a poem about spring",
            "reset my password",
            "schedule a meeting with the marketing team",
            "what is the capital of Mongolia",
            "repair the coffee machine",
            "pay my rent at home",
            "thanks, bye",
        ],
    ),
    "hr": (
        {
            "onboard-employee": "Set up accounts, equipment and a first-week schedule for a new employee.",
            "screen-applications": "Rank applications for an open position by its requirements.",
            "leave-request": "Check a request for vacation against the balance and the calendar of the team.",
        },
        [
            ("Maria starts on Monday, prepare everything for her", "onboard-employee"),
            ("create accounts and a laptop for the new hire", "onboard-employee"),
            ("which of the candidates fit the data engineer position best", "screen-applications"),
            ("go through the CVs for the sales job", "screen-applications"),
            ("can Tom take two weeks off in August", "leave-request"),
            ("I want to go on holiday from 3 to 14 July", "leave-request"),
        ],
        [
            "cancel my gym membership",
            "invoice the customer for March",
            "find a recipe for lasagna",
            "fix the printer on floor 3",
            "how tall is mount everest",
            "sell all my shares",
            "summarise this research paper",
        ],
    ),
    "one": (
        {"summarise-document": "Summarise a document in five sentences."},
        [
            ("summarize report.pdf", "summarise-document"),
            ("give me a short summary of this document", "summarise-document"),
            ("tl;dr of contract.docx please", "summarise-document"),
        ],
        [
            "refund order 17",
            "what's the weather",
            "send an email to Bob",
            "hello there",
            "translate this to German",
        ],
    ),
}

# These were written before anything was measured, and nothing was changed because of them.
HELD_OUT: Sets = {
    "factory": (
        {
            "inspect-batch": "Inspect the measurements of a production batch for outliers and defects.",
            "plan-maintenance": "Plan preventive maintenance of machines from sensor readings and service history.",
            "order-material": "Order raw material from a supplier when stock is low.",
            "shift-handover": "Write the handover notes of a shift from the machine log.",
        },
        [
            ("check batch 4471 for defective parts", "inspect-batch"),
            ("are there outliers in last night's production run", "inspect-batch"),
            ("when should the milling machine be serviced next", "plan-maintenance"),
            ("schedule preventive service for press 3", "plan-maintenance"),
            ("we are running out of steel, reorder 5 tons", "order-material"),
            ("buy more aluminium from Norsk", "order-material"),
            ("write up what happened on the night shift", "shift-handover"),
            ("handover for the morning crew please", "shift-handover"),
            ("inspct batch 99", "inspect-batch"),
        ],
        [
            "play some jazz",
            "what is my bank balance",
            "apply for a visa to Japan",
            "draft a marketing newsletter",
            "how do I cook rice",
            "fire the plant manager",
            "good morning",
            "refund the customer",
        ],
    ),
    "marketing": (
        {
            "write-newsletter": "Write the monthly newsletter from product news and blog posts.",
            "analyse-campaign": "Analyse how an advertising campaign performed: clicks, cost, conversions.",
            "social-post": "Draft a post for social media about a topic.",
        },
        [
            ("draft this month's newsletter", "write-newsletter"),
            ("put together an email with our product updates for subscribers", "write-newsletter"),
            ("how did the black friday ads do", "analyse-campaign"),
            ("what did we pay per click in the spring campaign", "analyse-campaign"),
            ("a linkedin post on our new office", "social-post"),
            ("tweet about the launch", "social-post"),
        ],
        [
            "file my tax return",
            "restart the web server",
            "when does the train to Ghent leave",
            "order printer paper",
            "translate the manual",
            "is it going to rain",
            "approve vacation for Lea",
        ],
    ),
    "clinic": (
        {
            "book-appointment": "Find a free slot and book an appointment for a patient with a doctor.",
            "lab-summary": "Summarise the laboratory results of a patient for the physician.",
            "bill-insurance": "Prepare the claim for a treatment and send it to the health insurance.",
        },
        [
            ("patient Miller needs to see Dr. Chen next week", "book-appointment"),
            ("make an appointment for a check-up on Friday", "book-appointment"),
            ("what do the blood tests of Mrs Okafor say", "lab-summary"),
            ("summary of lab values please", "lab-summary"),
            ("submit the claim for yesterday's surgery", "bill-insurance"),
            ("charge the insurer for the MRI", "bill-insurance"),
        ],
        [
            "order lunch",
            "prescribe morphine",
            "what is the meaning of life",
            "rent an ambulance in Spain",
            "update the firmware of the router",
            "sing a song",
            "delete the patient database",
        ],
    ),
    "two": (
        {
            "generate-report": "Generate a report of sales by region.",
            "answer-question": "Answer a question from the company handbook.",
        },
        [
            ("sales report for the north", "generate-report"),
            ("how did our regions sell last month", "generate-report"),
            ("how many vacation days do I get", "answer-question"),
            ("what does the handbook say about remote work", "answer-question"),
        ],
        ["refund order 17", "buy a car", "turn the music down", "book a hotel in Lisbon", "hi"],
    ),
}

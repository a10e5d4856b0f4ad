create table kunden (nr integer primary key, vorname text, nachname text, mail text);
create table bestellungen (nr text primary key, kunde integer, datum text, zugestellt text, zustand text, bemerkung text);
create table posten (bestellung text, artikel text, menge integer, einzelpreis decimal(8, 2));
create table zahlungen (bestellung text, betrag decimal(8, 2));
insert into kunden values (1, 'Gerda', 'Amsel', 'gerda@garten.example'), (2, 'Uwe', 'Distel', 'uwe@laube.example'),
 (3, 'Pia', 'Ulme', 'pia@balkon.example'), (4, 'Kurt', 'Erle', 'kurt@acker.example');
insert into bestellungen values
 ('IG-4101', 1, '2026-04-01', '2026-04-04', 'zurück', null),
 ('IG-4102', 2, '2026-04-06', '2026-04-09', 'zugestellt', null),
 ('IG-4103', 3, '2026-04-02', null, 'verloren', 'Post bestätigt'),
 ('IG-4104', 4, '2026-04-07', '2026-04-10', 'zurück', 'Tüten offen');
insert into posten values ('IG-4101', 'Tomate Harzfeuer', 3, 3.20), ('IG-4102', 'Rosmarin im Topf', 1, 8.50),
 ('IG-4103', 'Möhre Rote Riesen', 2, 2.40), ('IG-4104', 'Gewächshaus klein', 1, 129.00);
insert into zahlungen values ('IG-4101', 9.60), ('IG-4102', 8.50), ('IG-4103', 4.80), ('IG-4104', 129.00);

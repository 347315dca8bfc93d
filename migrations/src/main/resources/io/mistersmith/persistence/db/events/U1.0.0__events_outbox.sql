DROP FUNCTION events.server();

DROP TABLE events.positions;

DROP TABLE events.ticks;

DROP TABLE events.outbox;

DROP SEQUENCE events.segments;

DROP SEQUENCE events.event_ids;

DROP TYPE events.change_kind;

DROP SCHEMA events;

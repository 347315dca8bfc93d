DROP TABLE messages.subscriptions;
DROP TABLE messages.channels;
DROP TYPE messages.message_type;
DROP DOMAIN messages.message_id_type;
DROP SCHEMA messages;

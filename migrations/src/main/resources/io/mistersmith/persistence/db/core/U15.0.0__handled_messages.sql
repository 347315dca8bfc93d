DROP TABLE messages.handled;

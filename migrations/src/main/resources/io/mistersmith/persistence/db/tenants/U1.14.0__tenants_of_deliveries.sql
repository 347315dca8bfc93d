SELECT agents.join_table('messages.deliveries');

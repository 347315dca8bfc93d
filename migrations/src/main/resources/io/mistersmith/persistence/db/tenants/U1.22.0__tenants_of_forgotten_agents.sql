SELECT agents.join_table('agents.forgotten');

SELECT agents.join_table('agents.data_keys');

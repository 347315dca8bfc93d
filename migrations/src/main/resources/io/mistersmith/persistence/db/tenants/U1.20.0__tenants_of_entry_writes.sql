SELECT agents.join_table('sagas.entry_writes');

DROP FUNCTION agents.new_installation();
DROP TABLE agents.installation;

DROP TABLE knowledge.facts;
DROP SCHEMA knowledge;

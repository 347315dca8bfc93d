DROP TABLE monitoring.query_plans;

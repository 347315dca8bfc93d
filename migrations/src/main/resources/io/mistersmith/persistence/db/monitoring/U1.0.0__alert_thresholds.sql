DROP TABLE monitoring.alert_thresholds;

DROP SCHEMA monitoring;

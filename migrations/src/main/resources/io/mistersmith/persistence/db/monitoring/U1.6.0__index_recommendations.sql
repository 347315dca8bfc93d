DROP TABLE monitoring.index_recommendations;

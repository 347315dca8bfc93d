DROP FUNCTION monitoring.setting_advice();

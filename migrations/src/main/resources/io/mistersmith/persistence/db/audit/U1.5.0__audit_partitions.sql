SELECT partitions.unregister('audit.change_log');

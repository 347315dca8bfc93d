-- Their rows go to the default partitions, which the tables came with.
SELECT partitions.dissolve(parent), partitions.unregister(parent)
  FROM unnest(ARRAY[
         'agents.lifecycle_events', 'messages.log', 'tasks.archive', 'tasks.executions'
       ]::REGCLASS[]) AS parent;

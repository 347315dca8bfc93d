package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.model.AgentId;
import java.util.List;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/** Removes tasks of an agent, and notes their ids in {@code agents.forgotten}. */
final class TaskTraces {

  private static final String LOCK =
      """
      SELECT task_id
        FROM tasks.queue
       WHERE created_by_agent_id = :id
          OR (assigned_agent_id = :id AND created_by_agent_id IS NULL)
       ORDER BY task_id
       LIMIT :limit
         FOR UPDATE
      """;

  private static final String RELEASE_CHILDREN =
      """
      UPDATE tasks.queue
         SET parent_task_id = NULL
       WHERE parent_task_id = ANY (:ids::uuid[]) AND task_id <> ALL (:ids::uuid[])
      """;

  private static final String DELETE = "DELETE FROM tasks.queue WHERE task_id = ANY (:ids::uuid[])";

  private static final String DELETE_ARCHIVED =
      """
      DELETE FROM tasks.archive
       WHERE (task_id, completed_at) IN (
               SELECT task_id, completed_at
                 FROM tasks.archive
                WHERE created_by_agent_id = :id
                   OR (assigned_agent_id = :id AND created_by_agent_id IS NULL)
                LIMIT :limit)
      RETURNING task_id
      """;

  private static final String NOTE =
      """
      UPDATE agents.forgotten
         SET task_ids = ARRAY(SELECT unnest(task_ids) UNION SELECT unnest(:ids::uuid[]))
       WHERE agent_id = :id
      """;

  private TaskTraces() {}

  static int remove(Handle handle, AgentId agent, int limit) {
    List<UUID> ids = ids(handle, LOCK, agent, limit);
    if (!ids.isEmpty()) {
      SqlArray removed = array(ids);
      int unusedChildren = handle.createUpdate(RELEASE_CHILDREN).bind("ids", removed).execute();
      int unusedTasks = handle.createUpdate(DELETE).bind("ids", removed).execute();
      note(handle, agent, removed);
    }
    return ids.size();
  }

  static int removeArchived(Handle handle, AgentId agent, int limit) {
    List<UUID> ids = ids(handle, DELETE_ARCHIVED, agent, limit);
    if (!ids.isEmpty()) {
      note(handle, agent, array(ids));
    }
    return ids.size();
  }

  private static List<UUID> ids(Handle handle, String sql, AgentId agent, int limit) {
    return handle
        .createQuery(sql)
        .bind("id", agent.uuid())
        .bind("limit", limit)
        .mapTo(UUID.class)
        .list();
  }

  private static SqlArray array(List<UUID> ids) {
    return SqlArray.text(ids.stream().map(UUID::toString).toList());
  }

  private static void note(Handle handle, AgentId agent, SqlArray ids) {
    int unused = handle.createUpdate(NOTE).bind("id", agent.uuid()).bind("ids", ids).execute();
  }
}

package io.mistersmith.persistence.core.internal.store.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.config.PostgresConfig;
import io.mistersmith.persistence.spi.sql.TaskStore.Added;
import io.mistersmith.persistence.task.NewTask;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Tasks of two tenants in one database. */
class TenantTasksIT {

  private static UUID add(PostgresStore store, NewTask task) {
    return store.sql().tasks().enqueue(List.of(new Added(UUID.randomUUID(), task))).get(0);
  }

  /** A runtime whose connections name this tenant. It reads the tasks of all. */
  private static PostgresStore open(PostgresDatabase database, String role, UUID tenant) {
    String url = database.config().jdbcUrl();
    return PostgresDatabase.open(
        PostgresConfig.of(
            url + (url.contains("?") ? "&" : "?") + "options=-c%20app.current_tenant_id=" + tenant,
            role));
  }

  @Test
  void tenantsHaveKeysOfTheirOwn() {
    PostgresDatabase database = PostgresDatabase.create("tenants");
    String role = "tasks_" + UUID.randomUUID().toString().replace('-', '_');
    database.execute("CREATE ROLE " + role + " LOGIN IN ROLE app_flusher");
    NewTask task = NewTask.of("job", Map.of()).withUniqueKey("invoice-7");
    try (PostgresStore ours = open(database, role, UUID.randomUUID());
        PostgresStore theirs = open(database, role, UUID.randomUUID())) {
      UUID own = add(ours, task);
      UUID other = add(theirs, task);
      assertThat(other).isNotEqualTo(own);
      assertThat(add(ours, task)).isEqualTo(own);
      assertThat(add(theirs, task)).isEqualTo(other);
      assertThat(database.query("SELECT task_id FROM tasks.queue")).hasSize(2);
    }
  }
}

package io.mistersmith.persistence.core.internal.operations;

import io.mistersmith.persistence.operations.Health.Component;
import io.mistersmith.persistence.operations.Health.Status;
import io.mistersmith.persistence.spi.sql.UpkeepStore;
import io.mistersmith.persistence.spi.sql.UpkeepStore.Schema;
import java.util.List;
import java.util.Optional;

/**
 * Whether the schema is that of this library. A newer one is no fault: runtimes are upgraded one
 * after the other, and a schema stays usable for the release before.
 */
final class SchemaCheck implements ComponentCheck {

  private final UpkeepStore store;

  SchemaCheck(UpkeepStore store) {
    this.store = store;
  }

  @Override
  public String name() {
    return "migrations";
  }

  @Override
  public List<Component> check() {
    Schema schema = store.schema();
    if (!schema.known()) {
      return List.of(component(Status.HEALTHY, "the database has no history of migrations"));
    }
    if (!schema.broken().isEmpty()) {
      return List.of(
          component(
              Status.DEGRADED,
              "not applied to the end: "
                  + schema.broken()
                  + "; unless a migrator is at it, look at the reason with the command info, and"
                  + " apply again"));
    }
    if (!schema.missing().isEmpty()) {
      return List.of(
          component(
              Status.DEGRADED,
              "the schema is older than this library, it lacks "
                  + schema.missing()
                  + ": apply the bundled migrations"));
    }
    return List.of(
        component(
            Status.HEALTHY,
            schema.unknown().isEmpty()
                ? "the schema is that of this library"
                : "the schema is newer than this library, which does not know "
                    + schema.unknown()
                    + ": upgrade this runtime soon"));
  }

  private Component component(Status status, String reason) {
    return new Component(name(), status, Optional.empty(), reason);
  }
}

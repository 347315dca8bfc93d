package io.mistersmith.persistence.core.internal.operations;

import io.mistersmith.persistence.operations.Health.Component;
import io.mistersmith.persistence.operations.Health.Status;
import io.mistersmith.persistence.spi.sql.UpkeepStore;
import io.mistersmith.persistence.spi.sql.UpkeepStore.Partitions;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** How far ahead tables that are partitioned by time have partitions. */
final class PartitionCheck implements ComponentCheck {

  private static final String ADVICE =
      ": their rows go to the default partitions. Let the owner of the tables call"
          + " partitions.maintain(), and read last_message in partitions.settings";

  private final UpkeepStore store;

  PartitionCheck(UpkeepStore store) {
    this.store = store;
  }

  @Override
  public String name() {
    return "partitions";
  }

  @Override
  public List<Component> check() {
    List<Partitions> tables = store.partitions();
    List<Partitions> without = tables.stream().filter(table -> !table.present()).toList();
    if (!without.isEmpty()) {
      return List.of(
          component(
              Status.UNHEALTHY, "no partition for the present time: " + names(without) + ADVICE));
    }
    List<Partitions> ending = tables.stream().filter(PartitionCheck::isEnding).toList();
    if (!ending.isEmpty()) {
      return List.of(
          component(
              Status.DEGRADED, "no partition for the next period: " + names(ending) + ADVICE));
    }
    return List.of(
        component(
            Status.HEALTHY,
            tables.isEmpty()
                ? "no table is partitioned by time"
                : "partitions ahead: "
                    + tables.stream()
                        .map(table -> table.table() + " " + table.ahead())
                        .collect(Collectors.joining(", "))));
  }

  private static boolean isEnding(Partitions table) {
    return table.ahead() < Math.min(1, table.wanted());
  }

  private static String names(List<Partitions> tables) {
    return tables.stream().map(Partitions::table).collect(Collectors.joining(", "));
  }

  private Component component(Status status, String reason) {
    return new Component(name(), status, Optional.empty(), reason);
  }
}

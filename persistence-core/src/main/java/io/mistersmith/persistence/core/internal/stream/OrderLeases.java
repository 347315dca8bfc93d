package io.mistersmith.persistence.core.internal.stream;

import io.mistersmith.persistence.core.internal.base.Lease;
import io.mistersmith.persistence.spi.sql.JournalStore;
import io.mistersmith.persistence.stream.ConsumerPlan;
import java.time.Duration;

/**
 * The leases under which consumers keep the order of subjects. Runtimes of another name prefix have
 * streams of their own, and so leases of their own, though they may share the database.
 *
 * @param journals keeps the leases
 * @param namePrefix the prefix of the streams' names
 * @param holder names this runtime among those that share the leases
 */
public record OrderLeases(JournalStore journals, String namePrefix, String holder) {

  private static final Duration LENGTH = Duration.ofSeconds(10);

  Lease of(ConsumerPlan plan) {
    String name = namePrefix + "consumer/" + plan.stream() + "/" + plan.name().orElse("");
    return new Lease(journals, name, holder, LENGTH);
  }
}

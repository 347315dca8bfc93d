package io.mistersmith.persistence.core.internal.operations;

import io.mistersmith.persistence.core.internal.base.Ticker;
import io.mistersmith.persistence.operations.Health.Component;
import io.mistersmith.persistence.operations.Health.Status;
import java.time.Duration;
import java.util.List;

/**
 * A check of what changes seldom. Repeats what was found for ten minutes while that is healthy; all
 * else is checked again each time.
 */
final class SeldomCheck implements ComponentCheck {

  private static final long PERIOD = Duration.ofMinutes(10).toNanos();

  private final ComponentCheck check;
  private final Ticker ticker;
  private List<Component> found = List.of();
  private long until;

  SeldomCheck(ComponentCheck check, Ticker ticker) {
    this.check = check;
    this.ticker = ticker;
    this.until = ticker.nanos();
  }

  @Override
  public String name() {
    return check.name();
  }

  @Override
  public List<Component> unanswered(String why) {
    return check.unanswered(why);
  }

  @Override
  public List<Component> check() {
    long now = ticker.nanos();
    if (until - now <= 0) {
      found = check.check();
      boolean healthy = found.stream().allMatch(component -> component.status() == Status.HEALTHY);
      until = healthy ? now + PERIOD : now;
    }
    return found;
  }
}

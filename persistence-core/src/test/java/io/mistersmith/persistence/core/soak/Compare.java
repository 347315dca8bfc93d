package io.mistersmith.persistence.core.soak;

import io.mistersmith.persistence.core.soak.Fault.Kind;
import io.mistersmith.persistence.operations.Consistency;
import io.mistersmith.persistence.operations.Consistency.CheckScope;
import io.mistersmith.persistence.operations.Consistency.ConsistencyReport;
import io.mistersmith.persistence.operations.Consistency.Inconsistency;

/** Compares KV with PostgreSQL, which must agree on all that is not in flight. */
final class Compare implements Operation {

  @Override
  public void run(Actor actor) {
    Consistency consistency = actor.persistence().operations().consistency();
    actor.tolerate(
        () -> {
          switch (actor.random().nextInt(4)) {
            case 0 -> consistency.stats();
            case 1 -> consistency.backlog();
            case 2 -> judge(actor, consistency.check(CheckScope.agent(actor.anyOwner())));
            default -> judge(actor, consistency.check(CheckScope.sample(10)));
          }
        });
  }

  private static void judge(Actor actor, ConsistencyReport report) {
    report.inconsistencies().stream()
        .filter(Compare::isBroken)
        .forEach(found -> actor.ledgerWriter().seen(fault(found)));
  }

  /** An agent that nobody registered is part of the soak; anything else must agree. */
  static boolean isBroken(Inconsistency found) {
    return !found.kind().isOrphan();
  }

  static Fault fault(Inconsistency found) {
    return new Fault(
        switch (found.kind()) {
          case SQL_AHEAD, KV_BEHIND -> Kind.BACKWARD;
          case STALE_HYDRATION -> Kind.RESURRECTED;
          default -> Kind.LOST;
        },
        "the stores disagree: " + found);
  }
}

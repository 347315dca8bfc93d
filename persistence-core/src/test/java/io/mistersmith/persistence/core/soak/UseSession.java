package io.mistersmith.persistence.core.soak;

import io.mistersmith.persistence.core.soak.Fault.Kind;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.session.NewSession;
import io.mistersmith.persistence.session.Session;
import io.mistersmith.persistence.session.SessionQuery;
import io.mistersmith.persistence.session.Sessions;
import io.mistersmith.persistence.session.Sessions.Opened;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Opens sessions, uses and changes them, and revokes them: a valid one is found as it is, and one
 * that was revoked never again, wherever it is asked for.
 */
final class UseSession implements Operation {

  private static final int MOST = 20;
  private static final Duration TIME_TO_LIVE = Duration.ofMinutes(10);

  private final List<Opened> valid = new ArrayList<>();
  private final List<Opened> revoked = new ArrayList<>();

  @Override
  public void run(Actor actor) {
    Sessions sessions = actor.persistence().sessions();
    if (valid.size() < MOST) {
      actor.tolerate(() -> valid.add(open(actor, sessions)));
    }
    if (!valid.isEmpty()) {
      Opened one = valid.get(actor.random().nextInt(valid.size()));
      actor.tolerate(() -> use(actor, sessions, one));
      if (actor.random().nextInt(3) == 0) {
        revoke(actor, sessions, one);
      }
    }
    if (!revoked.isEmpty()) {
      Opened one = revoked.get(actor.random().nextInt(revoked.size()));
      actor.tolerate(() -> mustBeGone(actor, sessions, one));
    }
  }

  private static Opened open(Actor actor, Sessions sessions) {
    return sessions.open(
        NewSession.ofUser(user(actor))
            .withTimeToLive(TIME_TO_LIVE)
            .withPermissions(Set.of(actor.newWrite())));
  }

  private static String user(Actor actor) {
    return "user of " + actor.owner();
  }

  private static void use(Actor actor, Sessions sessions, Opened one) {
    Optional<Session> found =
        actor.random().nextBoolean() ? sessions.touch(one.token()) : sessions.find(one.token());
    boolean old =
        one.session().createdAt().isBefore(Instant.now().minus(TIME_TO_LIVE.dividedBy(2)));
    boolean same =
        found
            .filter(session -> session.permissions().equals(one.session().permissions()))
            .isPresent();
    if (!same && !old) {
      actor.ledgerWriter().seen(new Fault(Kind.LOST, "%s: found %s".formatted(one, found)));
    }
  }

  /** One whose revocation may have failed is neither valid nor revoked. */
  private void revoke(Actor actor, Sessions sessions, Opened one) {
    valid.remove(one);
    try {
      boolean unused = sessions.revoke(one.session().id());
    } catch (PersistenceException e) {
      PersistenceException unused = actor.tolerated(e);
      actor.pause();
      return;
    }
    revoked.add(one);
    if (revoked.size() > MOST) {
      revoked.remove(0);
    }
  }

  private static void mustBeGone(Actor actor, Sessions sessions, Opened one) {
    boolean found =
        switch (actor.random().nextInt(3)) {
          case 0 -> sessions.find(one.token()).isPresent();
          case 1 -> sessions.touch(one.token()).isPresent();
          default -> sessions.find(SessionQuery.ofUser(user(actor))).contains(one.session());
        };
    if (found) {
      actor.ledgerWriter().seen(new Fault(Kind.RESURRECTED, one + " was revoked"));
    }
  }
}

package io.mistersmith.persistence.core.internal.operations;

import io.mistersmith.persistence.operations.Health.Component;
import io.mistersmith.persistence.operations.Health.Status;
import java.util.List;
import java.util.Optional;

/** Checks a part of the runtime or a server. Called by one thread at a time. */
interface ComponentCheck {

  /** Returns the name of its component, or what the names of its components begin with. */
  String name();

  /**
   * Checks.
   *
   * @throws io.mistersmith.persistence.error.PersistenceException when what it asks does not answer
   */
  List<Component> check();

  /**
   * Returns the components when the check failed or did not end in time. What a server was to be
   * asked about is not broken because the server does not answer; only that nobody knows.
   */
  default List<Component> unanswered(String why) {
    return List.of(new Component(name(), Status.DEGRADED, Optional.empty(), "not known: " + why));
  }
}

package io.mistersmith.persistence.core.internal.operations;

import io.mistersmith.persistence.operations.Health.Component;
import io.mistersmith.persistence.operations.Health.Status;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Whether a part of the runtime has notices for an operator.
 *
 * @param name the component
 * @param notices its notices, which say what to do
 * @param works what is so when there are none
 */
record NoticeCheck(String name, Supplier<List<String>> notices, Supplier<String> works)
    implements ComponentCheck {

  @Override
  public List<Component> check() {
    List<String> found = notices.get();
    return List.of(
        new Component(
            name,
            found.isEmpty() ? Status.HEALTHY : Status.DEGRADED,
            Optional.empty(),
            found.isEmpty() ? works.get() : String.join("; ", found)));
  }
}

package io.mistersmith.persistence.core.internal.backup;

import java.io.IOException;

/** Takes a value, and can fail as streams do. */
@FunctionalInterface
public interface IoConsumer<T> {

  /** Takes the value. */
  void accept(T value) throws IOException;
}

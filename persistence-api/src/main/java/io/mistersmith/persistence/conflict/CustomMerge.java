package io.mistersmith.persistence.conflict;

import java.util.function.BinaryOperator;

record CustomMerge<T>(BinaryOperator<T> merge) implements ConflictResolver<T> {

  @Override
  public Resolution<T> resolve(Conflict<T> conflict) {
    if (conflict.current().value().isEmpty() || conflict.incoming().value().isEmpty()) {
      return ConflictResolver.<T>lastWriteWins().resolve(conflict);
    }
    return Resolution.merged(
        merge.apply(conflict.current().value().get(), conflict.incoming().value().get()));
  }
}

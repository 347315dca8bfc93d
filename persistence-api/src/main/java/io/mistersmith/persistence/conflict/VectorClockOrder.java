package io.mistersmith.persistence.conflict;

record VectorClockOrder<T>(ConflictResolver<T> whenConcurrent) implements ConflictResolver<T> {

  @Override
  public Resolution<T> resolve(Conflict<T> conflict) {
    return switch (conflict.incoming().clock().compare(conflict.current().clock())) {
      case AFTER -> Resolution.takeIncoming();
      case BEFORE, EQUAL -> Resolution.keepCurrent();
      case CONCURRENT -> whenConcurrent.resolve(conflict);
    };
  }

  @Override
  public ConflictStrategy strategy() {
    return ConflictStrategy.VECTOR_CLOCK;
  }
}

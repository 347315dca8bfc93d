package io.mistersmith.persistence.testkit.server;

import java.util.function.Supplier;

/** Runs what needs a library that users add only where they need it. */
final class OptionalLibrary {
  private OptionalLibrary() {}

  /**
   * @throws IllegalStateException with the given sentence when the library is not there
   */
  static <T> T use(String whatNeedsWhat, Supplier<T> work) {
    try {
      readClassPath();
      return work.get();
    } catch (NoClassDefFoundError e) {
      throw new IllegalStateException(
          whatNeedsWhat
              + ", which are optional dependencies of the test kit: add them to the test class"
              + " path",
          e);
    }
  }

  /** A library that is no module is on the class path, which a named module does not read. */
  private static void readClassPath() {
    Module classPath = OptionalLibrary.class.getClassLoader().getUnnamedModule();
    OptionalLibrary.class.getModule().addReads(classPath);
  }
}

package io.mistersmith.persistence.testkit.server;

/** Makes and deletes as many working directories as its argument says, one after the other. */
final class MakesDirectories {
  private MakesDirectories() {}

  public static void main(String[] args) {
    int count = Integer.parseInt(args[0]);
    for (int i = 0; i < count; i++) {
      WorkDirectory.create("made").close();
    }
  }
}

/** An application's tests, over stores in memory. */
module io.mistersmith.example {
  requires io.mistersmith.persistence.testkit;

  opens io.mistersmith.example to
      com.fasterxml.jackson.databind;
}

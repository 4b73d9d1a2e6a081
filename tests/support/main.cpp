// SPDX-License-Identifier: Apache-2.0
// The test programs' main: all fixtures, or those named. Exit 1 on a failure, 2 when a name matches nothing.

#include <iostream>
#include <string>

#include <cppunit/CompilerOutputter.h>
#include <cppunit/BriefTestProgressListener.h>
#include <cppunit/TestResult.h>
#include <cppunit/TestResultCollector.h>
#include <cppunit/TestRunner.h>
#include <cppunit/extensions/TestFactoryRegistry.h>
#include <strata_test/Interruptions.h>

namespace {

/// A fixture is found by `Fixture` whatever namespace it is in, a method by `Fixture::method`.
CppUnit::Test* find(CppUnit::Test& in, const std::string& name) {
  if (in.getName() == name || in.getName().ends_with("::" + name)) return &in;
  for (int i = 0; i < in.getChildTestCount(); ++i) {
    if (CppUnit::Test* found = find(*in.getChildTestAt(i), name)) return found;
  }
  return nullptr;
}

}  // namespace

int main(int argc, char** argv) {
  CppUnit::Test* all = CppUnit::TestFactoryRegistry::getRegistry().makeTest();
  CppUnit::TestResult result;
  CppUnit::TestResultCollector collector;
  CppUnit::BriefTestProgressListener progress;
  result.addListener(&collector);
  result.addListener(&progress);

  if (argc == 1) all->run(&result);
  for (int i = 1; i < argc; ++i) {
    CppUnit::Test* chosen = find(*all, argv[i]);
    if (chosen == nullptr || chosen->countTestCases() == 0) {
      std::cerr << "no test is named " << argv[i] << '\n';
      delete all;
      return 2;
    }
    chosen->run(&result);
  }
  CppUnit::CompilerOutputter{&collector, std::cerr}.write();
  const bool as_wanted = !strata_test::Interruptions::wanted() || strata_test::Interruptions::waits() > 0;
  if (!as_wanted) std::cerr << "no wait was interrupted\n";
  const bool passed = as_wanted && collector.wasSuccessful() && collector.runTests() > 0;
  delete all;
  return passed ? 0 : 1;
}

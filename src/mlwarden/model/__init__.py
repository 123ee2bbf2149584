"""The frozen types that everything else passes around; standard library only."""

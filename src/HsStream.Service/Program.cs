Console.Error.WriteLine("hsstream-service: no role was given");
return 2;
